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


def in_order(elements):
    """A stable order, so that a new baseline differs from the old one where the interface does."""
    return sorted(elements, key=lambda element: (element.tag, element.attrib.get("name", ""), element.attrib.get("id", "")))


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
    # In one unit and without the module that Rust has it in, which no caller sees.
    units = list(corpus.iter("abi-instr"))
    for unit in units:
        corpus.remove(unit)
    one = xml.SubElement(corpus, "abi-instr", {"address-size": "64", "path": "src/ffi", "language": "LANG_Rust"})
    nested = {inner for element in keep for inner in element.iter() if inner is not element}
    one.extend(in_order(keep - nested))
    xml.indent(corpus)
    print(xml.tostring(corpus, encoding="unicode"))


if __name__ == "__main__":
    main()
