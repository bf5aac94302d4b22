# Buildings, Massachusetts -> Inria for training in two steps: source images that `mmda translate`
# has given the target's look, and a target with pseudo-labels from the second step on.
_base_ = "massachusetts2inria.py"
source_root = "{{$MMDA_DATA_ROOT:data}}/massachusetts_buildings_as_inria"
target_pipeline = [
    dict(type="LoadTile"),
    dict(type="LoadPseudoLabel"),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=source_root),
        target=dict(pipeline=target_pipeline),
    )
)
