// Forms start runs of Airflow by its own interface, which asks whether the user may; keys press buttons.
"use strict";

const runs = (dag) => new URL(`../api/v2/dags/${encodeURIComponent(dag)}/dagRuns`, location.href);
const state = document.getElementById("state");

async function ask(url, body) {
  const answer = await fetch(url, body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (answer.status === 401) throw new Error("Your session has ended: sign in again.");
  if (answer.status === 403) throw new Error("You may look, but not decide: ask for the right to trigger this DAG.");
  if (!answer.ok) throw new Error(`Airflow answers ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  return answer.json();
}

async function start(form) {
  const buttons = document.querySelectorAll("form.run button");
  buttons.forEach((button) => { button.disabled = true; });
  state.textContent = "Starting a run …";
  try {
    const url = runs(form.dataset.dag);
    const reason = form.querySelector("[name=reason]");
    const conf = { ...JSON.parse(form.dataset.conf), ...(reason && { reason: reason.value }) };
    const run = await ask(url, { logical_date: null, conf });
    if (form.dataset.then) {  // the next page need not wait for this run
      location.assign(form.dataset.then);
      return;
    }
    let now = run.state;
    while (now !== "success" && now !== "failed") {
      state.textContent = `Run ${run.dag_run_id} is ${now} …`;
      await new Promise((done) => setTimeout(done, 1000));
      now = (await ask(`${url}/${encodeURIComponent(run.dag_run_id)}`)).state;
    }
    if (now === "failed") throw new Error(`Run ${run.dag_run_id} failed: its log says why.`);
    location.reload();
  } catch (error) {
    state.textContent = error.message;
    buttons.forEach((button) => { button.disabled = false; });
  }
}

document.querySelectorAll("form.run button").forEach((button) => { button.disabled = false; });
document.addEventListener("submit", (event) => {
  if (event.target.matches("form.run")) {
    event.preventDefault();
    start(event.target);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
