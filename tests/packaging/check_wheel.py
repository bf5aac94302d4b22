"""Builds the wheel and uses it as a user does: in a fresh environment and an empty folder.

`make wheel-test` runs this. It takes some minutes and downloads what mmda depends on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CLASSES = ["--classes", "background", "building", "--task", "buildings", "--tile", "128"]
SHORT = ["--cfg-options", "train_cfg.max_iters=2", "train_dataloader.batch_size=1"]


def main() -> None:
    """Build, compare the files, install, run every documented command."""
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder, "dist"))
        compare_files(wheel)
        venv.create(Path(folder, "venv"), with_pip=True)
        user = User(Path(folder, "venv"), Path(folder, "empty"))
        user.install(wheel)
        user.configs()
        user.demo()
        user.own_data()
        user.tables()
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
        where = self._run("python", "-c", "import mmda; print(mmda.__file__)")
        assert Path(where.strip()).is_relative_to(self.programs.parent), where

    def configs(self) -> None:
        """List the configs and copy one, then check that the copy finds its bases."""
        assert "mmda::toy/adapted.py" in self.mmda("configs")
        self.mmda("configs", "--copy", "custom/adapted.py", "mine")
        self.mmda("complexity", "mine/adapted.py", "--size", "64", "64", "--repeats", "1")

    def demo(self) -> None:
        """Run a short demo."""
        self.mmda("demo", "--iterations", "60", "--out", "demo")
        assert (self.folder / "demo/report.html").is_file()

    def own_data(self) -> None:
        """Tile, pair, train, test and map, with the configs of the wheel and those of the pair."""
        for domain in ("source", "target"):
            (city,) = self.folder.glob(f"demo/**/cities/{domain}")
            city = city.relative_to(self.folder)
            options = ["--labels", city / "masks/buildings", "--split-csv", city / "scenes.csv"]
            options += ["--domain", domain, *CLASSES]
            self.mmda("tile", "geotiff", city / "images", f"data/{domain}", *options)
        scene = next((self.folder / city / "images").glob("*.tif"))
        self.mmda("pair", "data/source", "data/target", "pair")
        for config in ("pair/adapted.py", "mmda::custom/adapted.py"):
            name = "custom/adapted" if config.startswith("mmda::") else "adapted"
            checkpoint = f"work_dirs/{name}/iter_2.pth"
            self.mmda("train", config, *SHORT)
            self.mmda("predict", config, checkpoint, scene, "--out", f"maps/{name}")
            self.mmda("test", config, checkpoint)

    def tables(self) -> None:
        """List the runs of every table."""
        for line in self.mmda("configs", "ablation").splitlines():
            self.mmda("ablation", line.split()[0], "--seeds", "0", "--dry-run")

    def mmda(self, *arguments: object) -> str:
        """Run a command of mmda and return what it prints."""
        return self._run("mmda", *arguments)

    def _run(self, program: str, *arguments: object) -> str:
        start = time.time()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MMDA_"))}
        command = [str(self.programs / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, env=clean, text=True, capture_output=True)
        print(f"{time.time() - start:6.1f} s  {program} {' '.join(command[1:])}", flush=True)
        if done.returncode:
            sys.exit(f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}")
        return done.stdout


if __name__ == "__main__":
    main()
