"""Keeps of an abidw description what the exported functions reach: they, and the types that callers see.

    abidw LIBRARY | reachable.py > DESCRIPTION

A Rust library's debug information describes its insides too, thousands of types that no caller can meet. Nothing but the
standard library.
"""

import sys
import xml.etree.ElementTree as xml


def type_ids(element):
    """The types that an element and its members name."""
    for part in element.iter():
        for name in ("type-id", "naming-typedef-id"):
            if name in part.attrib:
                yield part.attrib[name]


def prune(element, keep):
    """Removes below element what is not kept; True if anything is left."""
    for child in list(element):
        is_scope = child.tag in ("abi-instr", "namespace-decl")
        if not (prune(child, keep) if is_scope else child in keep):
            element.remove(child)
    return len(element) > 0


def main():
    corpus = xml.parse(sys.stdin).getroot()
    types = {element.attrib["id"]: element for element in corpus.iter() if "id" in element.attrib}
    exported = {symbol.attrib["name"] for symbol in corpus.iter("elf-symbol")}
    functions = [function for function in corpus.iter("function-decl") if function.attrib.get("elf-symbol-id") in exported]
    missing = exported - {function.attrib["elf-symbol-id"] for function in functions}
    if missing or not functions:
        sys.exit(f"abi: without debug information about {', '.join(sorted(missing)) or 'any function'}")
    keep, waiting = set(functions), list(functions)
    while waiting:
        for name in type_ids(waiting.pop()):
            element = types[name]
            if element not in keep:
                keep.add(element)
                waiting.append(element)
    for part in corpus:
        if part.tag != "abi-instr":
            keep.add(part)
    prune(corpus, keep)
    xml.indent(corpus)
    print(xml.tostring(corpus, encoding="unicode"))


if __name__ == "__main__":
    main()
