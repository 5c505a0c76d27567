for (const form of document.querySelectorAll(".filters")) {
  const suites = form.parentElement.querySelectorAll(".suite");
  const filter = () => {
    const [suite, verdict, text] = ["suite", "verdict", "text"].map((name) => form.elements[name].value.trim().toLowerCase());
    let shown = 0, all = 0;
    for (const each of suites) {
      let here = 0;
      for (const row of each.querySelectorAll("tbody tr")) {
        const fits = (!suite || each.dataset.suite === suite) && (!verdict || row.dataset.verdict === verdict)
          && (!text || row.textContent.toLowerCase().includes(text));
        row.hidden = !fits;
        here += fits;
        all += 1;
      }
      each.hidden = !here;
      each.open = here > 0 && Boolean(suite || verdict || text);
      shown += here;
    }
    form.querySelector("output").textContent = `${shown} of ${all} cases`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
}
