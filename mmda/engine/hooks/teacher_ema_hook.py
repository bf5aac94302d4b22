"""Updates the mean teacher."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.unwrap import unwrapped
from mmda.registry import HOOKS


@HOOKS.register_module()
class TeacherEMAHook(Hook):
    """Move the model's teacher towards the student after each step, if it has a teacher."""

    priority = "NORMAL"

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Update the teacher if the optimisers have stepped."""
        model = unwrapped(runner.model)
        if getattr(model, "teacher", None) is None:
            return
        cycle = getattr(runner.optim_wrapper, "accumulative_counts", 1)
        done = runner.iter + 1
        if done % cycle == 0 or done == runner.max_iters:  # the last cycle may be short
            model.teacher.update(model.segmentor, -(-done // cycle) - 1)
