default_scope = "mmda"
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),
    dist_cfg=dict(backend="nccl"),
)
randomness = dict(seed=0)
log_processor = dict(by_epoch=False)
log_level = "INFO"
load_from = None
resume = False

default_hooks = dict(
    runtime_info=dict(type="OneTransferInfoHook"),
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(type="ResumableCheckpointHook", interval=2000, max_keep_ckpts=2),
    sampler_seed=dict(type="DistSamplerSeedHook"),
    finite_loss=dict(type="FiniteLossHook", interval=50),
    learning=dict(type="LearningCheckHook"),
    step=dict(type="StepHook"),
    preemption=dict(type="PreemptionHook"),
)
custom_hooks = [dict(type="TeacherEMAHook")]
vis_backends = [dict(type="LocalVisBackend")]
visualizer = dict(type="SegLocalVisualizer", vis_backends=vis_backends, name="visualizer")
