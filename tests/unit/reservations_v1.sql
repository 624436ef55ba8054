-- A database as the first version of the store wrote it (schema 1).
BEGIN TRANSACTION;
CREATE TABLE calls (
    call_id     TEXT PRIMARY KEY,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    task        TEXT NOT NULL,              -- JSON, as protocol.Task
    reservation TEXT NOT NULL,              -- JSON, as protocol.Reservation
    outcome     TEXT NOT NULL DEFAULT '',   -- empty while the call goes on
    journal     TEXT NOT NULL DEFAULT ''    -- folder of the call's journal
);
INSERT INTO "calls" VALUES('c1','2026-11-23T03:30:00.583+00:00','2026-11-23T03:30:00.587+00:00','{"restaurant":"Zur Linde","language":"de","today":"2026-03-02","date":"2026-03-06","time":"19:00","party_size":4,"name":"Mason","accept_until":"20:00"}','{"status":"booked","date":"2026-03-06","time":"20:00","party_size":4,"name":"Mason","confirmed_by":{"time":"half past"}}','booked','/j/c1');
INSERT INTO "calls" VALUES('c2','2026-11-23T03:30:00.591+00:00','2026-11-23T03:30:00.591+00:00','{"restaurant":"Zur Linde","language":"de","today":"2026-03-02","date":"2026-03-06","time":"19:00","party_size":4,"name":"Mason","accept_until":"20:00"}','{"status":"declined"}','','');
INSERT INTO "calls" VALUES('c3','2026-11-23T03:30:00.593+00:00','2026-11-23T03:30:00.593+00:00','{"restaurant":"Zur Linde","language":"de","today":"2026-03-02","date":"2026-03-06","time":"19:00","party_size":4,"name":"Mason","accept_until":"20:00"}','{}','no_answer','/j/c3');
CREATE TABLE changes (
    call_id     TEXT NOT NULL REFERENCES calls(call_id),
    number      INTEGER NOT NULL,           -- from 1, per call
    changed_at  TEXT NOT NULL,
    source      TEXT NOT NULL,              -- the tool, or "operator"
    words       TEXT NOT NULL,              -- what the far end said that led to it
    reservation TEXT NOT NULL,              -- as it was after this change
    PRIMARY KEY (call_id, number)
);
INSERT INTO "changes" VALUES('c1',1,'2026-11-23T03:30:00.583+00:00','book','half past seven is fine','{"status":"booked","date":"2026-03-06","time":"19:30","party_size":4,"name":"Mason","confirmed_by":{"time":"half past"}}');
INSERT INTO "changes" VALUES('c1',2,'2026-11-23T03:30:00.584+00:00','operator','sorry, eight','{"status":"booked","date":"2026-03-06","time":"20:00","party_size":4,"name":"Mason","confirmed_by":{"time":"half past"}}');
INSERT INTO "changes" VALUES('c2',1,'2026-11-23T03:30:00.591+00:00','end of call','','{"status":"declined"}');
COMMIT;
PRAGMA user_version = 1;
