// The page of the list: one line a row, one tab stop, arrows up and down. What data says is only ever set as text.
export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector("ol");
  const held = list.contains(parentElement.activeElement ?? document.activeElement);
  const lines = data.rows.map(({ row, verdict, pinned, beginning }) => {
    const line = document.createElement("button");
    const said = document.createElement("span");
    const text = document.createElement("span");
    said.textContent = verdict;
    said.className = `verdict ${verdict}`;
    text.textContent = beginning;
    text.className = "beginning";
    line.dataset.row = row;
    line.title = pinned ? `${verdict}, decided by a person` : verdict;
    line.append(said, mark(pinned), text);
    line.tabIndex = row === data.focus ? 0 : -1;
    if (row === data.focus) line.setAttribute("aria-current", "true");
    line.onclick = () => setTriggerValue("open", row);
    line.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const next = step && lines[lines.indexOf(line) + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    };
    return line;
  });
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.append(line);
      return item;
    }),
  );
  const current = lines.find((line) => line.hasAttribute("aria-current"));
  current?.scrollIntoView({ block: "nearest" });
  if (held) current?.focus({ preventScroll: true });
}

function mark(pinned) {
  const place = document.createElement("span");
  place.className = "pin";
  if (pinned) {
    place.textContent = "●";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", "pinned");
  }
  return place;
}
