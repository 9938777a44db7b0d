"""Results as Markdown and JSON."""

import json
import os


def table(header, rows):
    lines = [header, ["---"] * len(header)] + rows
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def facts(dictionary):
    return "\n".join(f"- {key}: {value}" for key, value in dictionary.items())


def write(folder, name, markdown, data):
    """Prints the Markdown and writes <folder>/<name>.md and .json, each by a temporary name and rename."""
    print(markdown)
    os.makedirs(folder, exist_ok=True)
    for ending, text in ((".md", markdown + "\n"), (".json", json.dumps(data, indent=1) + "\n")):
        path = os.path.join(folder, name + ending)
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".tmp", path)
    print(f"\nwritten: {os.path.join(folder, name)}.md and .json")


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
