"""A missing library ends CMake with a sentence that names the Debian package."""
import os
import re
import subprocess
import tempfile
import unittest

from floors import ROOT

DEPENDENCIES = (ROOT / "cmake" / "Dependencies.cmake").read_text()


def configure(*options, **environment):
    """What `cmake` said on stderr, its words in one line."""
    with tempfile.TemporaryDirectory() as build:
        result = subprocess.run(["cmake", "-S", ROOT, "-B", build, *options], env=os.environ | environment,
                                capture_output=True, text=True, check=False)
    return result.returncode, " ".join(result.stderr.split())


class Dependencies(unittest.TestCase):
    def test_cmake_names_the_package_of_a_missing_library(self):
        found = re.findall(r"^ *ergon_find_package\((\S+) (\S+)\)", DEPENDENCIES, re.MULTILINE)
        self.assertGreater(len(found), 4)
        for library, package in found:
            with self.subTest(library=library):
                code, said = configure(f"-DCMAKE_DISABLE_FIND_PACKAGE_{library}=ON", "-DERGON_BENCH=ON")
                self.assertNotEqual(code, 0)
                self.assertIn(f"ergon needs {library}, which was not found", said)
                self.assertIn(f"apt-get install {package} ", said)

    def test_cmake_names_the_package_of_a_missing_module(self):
        library, package = re.search(r"^ergon_find_module\(\S+ (\S+) (\S+)\)", DEPENDENCIES, re.MULTILINE).groups()
        code, said = configure(PKG_CONFIG_LIBDIR="/nonexistent")
        self.assertNotEqual(code, 0)
        self.assertIn(f"ergon needs {library}, which was not found", said)
        self.assertIn(f"apt-get install {package} ", said)


if __name__ == "__main__":
    unittest.main()
