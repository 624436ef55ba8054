"""The job queue: what is to be called, when it may be, and what became of it.

job.py what a job is · lifecycle.py its states (pure) · rules.py when it may be dialled (pure) · store.py the contract
of the stores · sqlite_store.py, firestore_store.py the stores · making.py, importing.py jobs from what people write
"""
