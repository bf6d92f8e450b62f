"""What C++ sources declare in their namespaces, as far as their text shows it: read by the tests beside this file."""
import re
from dataclasses import dataclass

# What is no code: comments, literals, the preprocessor's lines, attributes.
PASSED_OVER = re.compile("|".join((
    r"//[^\n]*", r"/\*.*?\*/", r'R"(\w*)\(.*?\)\1"', r'"(?:\\.|[^"\\\n])*"', r"(?<![\da-fA-F])'(?:\\.|[^'\\\n])*'",
    r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", r"\[\[.*?\]\]", r"__attribute__\(\(.*?\)\)", r"\b__extension__\b")),
    re.DOTALL | re.MULTILINE)
MARK = re.compile(r"[;{}]")


@dataclass(frozen=True)
class Declaration:
    namespace: str  # an anonymous one is part of the one around it
    anonymous: bool
    name: str
    kind: str       # alias, type, value or function
    what: str = ""  # of an alias what it stands for, of a function its parameters


def without_literals(text):
    """The text without comments, attributes and the preprocessor's lines; literals are empty."""
    return PASSED_OVER.sub(lambda found: '""' if found.group()[0] in "\"'R" else "", text)


def end_of_braces(text, begin):
    depth = 0
    for brace in re.compile(r"[{}]").finditer(text, begin):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.end()
    raise ValueError("a brace is never closed")


def statements(text):
    """What stands in namespaces, each with the names of the namespaces around it."""
    around, begin = [], 0
    found = MARK.search(text)
    while found:
        at = found.end()
        head = text[begin:found.start()].strip()
        namespace = re.fullmatch(r"(?:inline\s+)?namespace\s*([\w:]*)", head)
        if found.group() == "{" and not namespace:
            at = end_of_braces(text, found.start())
            # Behind a function's body something new begins; a type or a value goes on, at least to its semicolon.
            if not re.compile(r"\s*[;,.(){]").match(text, at):
                yield tuple(around), text[begin:at].strip()
                begin = at
        else:
            if namespace:
                around.append(namespace.group(1))
            elif found.group() == "}":
                around.pop()
            else:
                yield tuple(around), head
            begin = at
        found = MARK.search(text, at)
    if around:
        raise ValueError("a namespace is never closed")


def listed(text):
    """The parts of a list with commas; lists inside it stay whole."""
    parts, depth = [""], 0
    for character in re.sub(r"\s[<>]{1,2}=?\s|->", " ", text):
        depth += (character in "({[<") - (character in ")}]>")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def in_brackets(text, opening, closing):
    """What stands in the brackets that the text begins with, and what follows them."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == opening) - (character == closing)
        if depth == 0:
            return text[1:at], text[at + 1:].lstrip()
    return text[1:], ""


def type_of(parameter):
    """A parameter without its name and its default."""
    parameter = parameter.split("=")[0].strip()
    named = re.fullmatch(r"(.*[\s&*>])\w+", parameter, re.DOTALL)
    if named and named.group(1).strip() not in ("const", "unsigned"):
        parameter = named.group(1)
    return re.sub(r"\s+", "", parameter)


def names_of(statement):
    """(name, kind, what) of what a statement declares; nothing of what is only announced, and of members."""
    while statement.startswith("template"):
        statement = in_brackets(statement[len("template"):].lstrip(), "<", ">")[1]
    if alias := re.fullmatch(r"(?:using|namespace)\s+(\w+)\s*=\s*(.*)", statement, re.DOTALL):
        return [(alias.group(1), "alias", alias.group(2))]
    if used := re.fullmatch(r"using\s+(?:\w*::)*(?:\w+::)?(\w+)", statement):
        return [(used.group(1), "alias", used.group(1))]
    if re.match(r"(?:using namespace|static_assert|extern)\b|\w*(?:TEST|INSTANTIATE)\w*\(", statement):
        return []
    if made := re.match(r"(struct|class|union|enum(?:\s+class)?)\s+(\w+)\s*(?:final\s*)?(?::[^{]*)?\{", statement):
        found = [(made.group(2), "type", "")]
        if made.group(1) == "enum":
            inside = in_brackets(statement[made.end() - 1:], "{", "}")[0]
            found += [(re.match(r"\w+", one).group(), "value", "") for one in listed(inside)]
        return found
    if re.fullmatch(r"(?:struct|class|union|enum)\s[\w\s]+", statement):
        return []
    if function := re.match(r"[^={(]*?[\s&*>]([\w:]+)\s*\(", statement):
        parameters = in_brackets(statement[function.end() - 1:], "(", ")")[0]
        name = function.group(1)
        return [] if ":" in name else [(name, "function", ",".join(map(type_of, listed(parameters))))]
    found = []
    for place, one in enumerate(listed(statement)):
        head = re.sub(r"\s*\[.*", "", re.split(r"[={]", one)[0].strip())
        before = r".+[\s&*>]" if place == 0 else r"[\s&*]*"
        if value := re.fullmatch(before + r"([A-Za-z_]\w*)", head, re.DOTALL):
            found.append((value.group(1), "value", ""))
    return found


def declarations(text):
    found = []
    for around, statement in statements(without_literals(text)):
        namespace = "::".join(filter(None, around))
        found += [Declaration(namespace, "" in around, *name) for name in names_of(statement)]
    return found
