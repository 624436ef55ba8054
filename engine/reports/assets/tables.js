// The table of runs: sorted by a click on a title, filtered by words, verdict and language.

function setUpRuns(table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const filters = document.querySelector('.filters');
  const text = filters.querySelector('input');
  const selects = [...filters.querySelectorAll('select')];
  const count = filters.querySelector('.count');
  filters.hidden = false;

  const filter = () => {
    const words = text.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0;
    for (const row of rows) {
      const all = [...row.cells].map((cell) => cell.textContent).join(' ').toLocaleLowerCase();
      row.hidden = !words.every((word) => all.includes(word)) || selects.some((select) => select.value && row.dataset[select.name] !== select.value);
      seen += row.hidden ? 0 : 1;
    }
    count.textContent = `${seen} of ${rows.length}`;
  };
  for (const control of [text, ...selects]) control.addEventListener('input', filter);
  filter();

  const titles = [...table.tHead.rows[0].cells];
  titles.forEach((title, column) => {
    title.querySelector('button')?.addEventListener('click', () => {
      const down = title.getAttribute('aria-sort') === 'ascending';
      for (const other of titles) other.removeAttribute('aria-sort');
      title.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const number = rows.every((row) => value(row) === '' || !Number.isNaN(Number(value(row))));
      const order = (one, other) => (number ? (Number(value(one) || -1) - Number(value(other) || -1)) : value(one).localeCompare(value(other)));
      rows.sort((one, other) => (down ? -order(one, other) : order(one, other)));
      body.append(...rows);
    });
  });
}
