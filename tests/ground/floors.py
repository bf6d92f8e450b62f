"""What CMake says about the floors of src/: read by the tests beside this file."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def floor_order(root=ROOT):
    """The floors from bottom to top, as the top CMakeLists.txt lists them."""
    text = (root / "CMakeLists.txt").read_text()
    return re.search(r"foreach\(floor ([\w\s]+?)\)", text).group(1).split()


def declared_uses(floor, root=ROOT):
    """The floors that a floor's CMakeLists.txt links (the one at the top is a program and not a library)."""
    text = (root / "src" / floor / "CMakeLists.txt").read_text()
    floors = set(floor_order(root))
    uses = set()
    for block in re.findall(r"(?:\bUSES|target_link_libraries\(\w+ \w+)\b([^)]*)", text):
        words = block.split()
        stop = next((i for i, word in enumerate(words) if word.isupper()), len(words))
        uses |= floors.intersection(words[:stop])
    return uses


def reachable(floor, root=ROOT):
    """The floor itself and all that it uses, directly or through others."""
    found, todo = set(), [floor]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += declared_uses(at, root)
    return found


def sources(floor, root=ROOT):
    folder = root / "src" / floor
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cpp", ".inc"))


def included_paths(path):
    """The quoted includes of a file."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.MULTILINE)
