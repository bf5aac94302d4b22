"""Builds the wheel and uses it as a user does: in a fresh environment and an empty folder.

`make wheel-test` runs this. It takes some minutes and downloads what mmda depends on. With
`--share-packages` (`make wheel-check`) the new environment sees the packages of the one that runs
this, and has only mmda of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CLASSES = ["--classes", "background", "building", "--task", "buildings", "--tile", "128"]
SHORT = ["train_cfg.max_iters=2", "train_dataloader.batch_size=1"]
# One process for what only prints: most of a command's time are the imports.
IN_ONE_PROCESS = """
import sys
from mmda.cli import main
for line in sys.stdin.read().splitlines():
    print(line, flush=True)
    try:
        code = main(line.split())
    except SystemExit as stop:
        code = stop.code
    if code:
        sys.exit(f"mmda {line}: exit code {code}")
"""
COMMANDS = "from mmda.cli import COMMANDS; print(*COMMANDS)"
TILERS = "from mmda.converters import CONVERTERS; print(*CONVERTERS, 'toy_cities')"


def main() -> None:
    """Build, compare the files, install, run every documented command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share-packages", action="store_true", help="download nothing")
    share = parser.parse_args().share_packages
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder, "dist"))
        compare_files(wheel)
        venv.create(Path(folder, "venv"), with_pip=True)
        user = User(Path(folder, "venv"), Path(folder, "empty"))
        if share:
            user.install_beside(wheel)
        else:
            user.install(wheel)
        user.configs()
        user.help()
        user.tables()
        user.demo()
        user.own_data("pair/adapted.py", *([] if share else ["mmda::custom/adapted.py"]))
    print(f"The wheel is whole: {time.time() - start:.0f} s")


def build(out: Path) -> Path:
    """Build the source distribution, and the wheel from what that holds."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, REPO], check=True, stdout=-3)
    (wheel,) = out.glob("*.whl")
    return wheel


def compare_files(wheel: Path) -> None:
    """Fail unless the wheel has the package's code, templates and configs, and nothing else."""
    kinds = ("mmda/**/*.py", "mmda/**/*.j2", "configs/**/*.py", "configs/**/*.md")
    files = {path.relative_to(REPO).as_posix() for kind in kinds for path in REPO.glob(kind)}
    files = {name for name in files if "/.mim/" not in name}
    expected = {f"mmda/.mim/{name}" if name.startswith("configs") else name for name in files}
    expected.add("mmda/.mim/model-index.yml")
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    if found != expected:
        sys.exit(f"missing: {sorted(expected - found)}\ntoo many: {sorted(found - expected)}")


class User:
    """Somebody with an environment of his own, who works in a folder.

    Args:
        environment: A new virtual environment.
        folder: Where the commands run; it is made, and empty.
    """

    def __init__(self, environment: Path, folder: Path) -> None:
        self.programs = environment / ("Scripts" if os.name == "nt" else "bin")
        self.folder = folder
        folder.mkdir()

    def install(self, wheel: Path) -> None:
        """Install the wheel with the versions that the tests run with."""
        constraints = REPO / "constraints.txt"
        self._run("python", "-m", "pip", "install", "-q", "-c", constraints, f"{wheel}[report]")
        self._check_place()

    def install_beside(self, wheel: Path) -> None:
        """Install the wheel alone; everything else comes from this program's environment."""
        folder = self._run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        others = sysconfig.get_path("purelib")
        Path(folder.strip(), "others.pth").write_text(f"{others}\n")
        self._run("python", "-m", "pip", "install", "-q", "--no-deps", "--ignore-installed", wheel)
        self._check_place()

    def _check_place(self) -> None:
        where = self._run("python", "-c", "import mmda; print(mmda.__file__)")
        assert Path(where.strip()).is_relative_to(self.programs.parent), where

    def configs(self) -> None:
        """List the configs and copy one, then check that the copy finds its bases."""
        assert "mmda::toy/adapted.py" in self.mmda("configs")
        self.mmda("configs", "--copy", "custom/adapted.py", "mine")
        self.mmda("complexity", "mine/adapted.py", "--size", "64", "64", "--repeats", "1")

    def help(self) -> None:
        """Ask every command for its help."""
        names = self._run("python", "-c", COMMANDS).split()
        names += [f"tile {name}" for name in self._run("python", "-c", TILERS).split()]
        self._run("python", "-c", IN_ONE_PROCESS, lines=[f"{name} --help" for name in names])

    def demo(self) -> None:
        """Run a short demo."""
        self.mmda("demo", "--iterations", "60", "--out", "demo")
        assert (self.folder / "demo/report.html").is_file()

    def own_data(self, *configs: str) -> None:
        """Tile and check, pair, train, test, map, draw, pseudo-label and translate."""
        for domain in ("source", "target"):
            (city,) = self.folder.glob(f"demo/**/cities/{domain}")
            city = city.relative_to(self.folder)
            options = ["--labels", city / "masks/buildings", "--split-csv", city / "scenes.csv"]
            options += ["--domain", domain, *CLASSES]
            self.mmda("tile", "geotiff", city / "images", f"data/{domain}", *options)
            self.mmda("verify", f"data/{domain}")
        scene = next((self.folder / city / "images").glob("*.tif"))
        self.mmda("pair", "data/source", "data/target", "pair")
        self.mmda("translate", "data/source", "moved", "--method", "lab", "--target", "data/target")
        for config in configs:
            name = "custom/adapted" if config.startswith("mmda::") else "adapted"
            checkpoint = f"work_dirs/{name}/iter_2.pth"
            self.mmda("train", config, "--cfg-options", *SHORT)
            self.mmda("predict", config, checkpoint, scene, "--out", f"maps/{name}")
            few = ["--cfg-options", "test_dataloader.dataset.indices=8"]
            self.mmda("test", config, checkpoint, *few)
            model = ["--model", name, config, checkpoint]
            points = ["--points", "40", "--images", "2", "--perplexity", "5"]
            self.mmda("figures", "tsne", *model, *points, "--out", f"{name}/tsne.png")
            self.mmda("pseudo_label", config, checkpoint, "--out", f"{name}/labels")

    def tables(self) -> None:
        """List the runs of every table."""
        names = [line.split()[0] for line in self.mmda("configs", "ablation").splitlines()]
        assert len(names) > 20, names
        lines = [f"ablation {name} --seeds 0 --dry-run" for name in names]
        self._run("python", "-c", IN_ONE_PROCESS, lines=lines)

    def mmda(self, *arguments: object) -> str:
        """Run a command of mmda and return what it prints."""
        return self._run("mmda", *arguments)

    def _run(self, program: str, *arguments: object, lines: Sequence[str] = ()) -> str:
        start = time.time()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MMDA_"))}
        command = [str(self.programs / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=clean,
            text=True,
            capture_output=True,
            input="\n".join(lines),
        )
        told = lines or [" ".join(command[1:])]
        for number, what in enumerate(told):
            spent = f"{time.time() - start:6.1f} s" if not number else " " * 8
            print(f"{spent}  {program} {what}", flush=True)
        if done.returncode:
            sys.exit(f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}")
        return done.stdout


if __name__ == "__main__":
    main()
