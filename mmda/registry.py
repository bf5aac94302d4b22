"""mmda's registries: one child, of scope ``mmda``, of each of MMSegmentation's.

A name that mmda does not register falls through to MMSegmentation and MMEngine, so that
configs mix ``UDASegmentor`` and ``EncoderDecoder`` freely under ``default_scope = 'mmda'``.
"""

from mmda.utils.installation import check_installation, quiet_imports

check_installation()
with quiet_imports():
    import mmseg.datasets
    import mmseg.models
    from mmengine.config.utils import MODULE2PACKAGE
    from mmengine.registry import Registry
    from mmseg import registry as mmseg

# So MMEngine reads `_base_ = "mmda::..."` from mmda's own folder, see mmda.utils.shipped_configs.
# It wants a distribution or a module; the module is the mmda that is imported.
MODULE2PACKAGE["mmda"] = "mmda"


def _child(parent: Registry, *locations: str) -> Registry:
    # Of a package that it knows, MMEngine wants a location for each registry.
    return Registry(
        parent.name, scope="mmda", parent=parent, locations=list(locations) or [__name__]
    )


# Components that mmda adds to.
MODELS = _child(mmseg.MODELS, "mmda.models")
DATASETS = _child(mmseg.DATASETS, "mmda.datasets")
DATA_SAMPLERS = _child(mmseg.DATA_SAMPLERS, "mmda.datasets")
TRANSFORMS = _child(mmseg.TRANSFORMS, "mmda.datasets.transforms")
HOOKS = _child(
    mmseg.HOOKS,
    "mmda.engine.hooks",
    "mmda.pseudo.hook",
    "mmda.selection.hook",
    "mmda.visualisation.hook",
    "mmda.visualisation.pictures_hook",
)
OPTIM_WRAPPERS = _child(mmseg.OPTIM_WRAPPERS, "mmda.engine")
OPTIM_WRAPPER_CONSTRUCTORS = _child(mmseg.OPTIM_WRAPPER_CONSTRUCTORS, "mmda.engine")
METRICS = _child(mmseg.METRICS, "mmda.evaluation.segmentation_metric", "mmda.evaluation.map_metric")

# Components that it takes as they are; MMEngine finds them only through a child of the scope.
RUNNERS = _child(mmseg.RUNNERS)
RUNNER_CONSTRUCTORS = _child(mmseg.RUNNER_CONSTRUCTORS)
LOOPS = _child(mmseg.LOOPS)
MODEL_WRAPPERS = _child(mmseg.MODEL_WRAPPERS)
WEIGHT_INITIALIZERS = _child(mmseg.WEIGHT_INITIALIZERS)
OPTIMIZERS = _child(mmseg.OPTIMIZERS)
PARAM_SCHEDULERS = _child(mmseg.PARAM_SCHEDULERS)
TASK_UTILS = _child(mmseg.TASK_UTILS)
EVALUATOR = _child(mmseg.EVALUATOR)
VISUALIZERS = _child(mmseg.VISUALIZERS)
VISBACKENDS = _child(mmseg.VISBACKENDS)
LOG_PROCESSORS = _child(mmseg.LOG_PROCESSORS)
INFERENCERS = _child(mmseg.INFERENCERS)
