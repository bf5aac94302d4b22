"""The look of a city: that of the source, and that of the target, which follows from a shift."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.toy.shift import DomainShift


@dataclass(frozen=True)
class Sensor:
    """The camera and the air in front of it.

    Attributes:
        gain: Factor per band (red, green, blue).
        gamma: Exponent of the colour response; below 1 brightens.
        saturation: Saturation of the colours; 1 changes nothing, 0 gives grey.
        contrast: Contrast about mid grey; 1 changes nothing.
        haze: Share of scattered light, 0 to 1.
        blur: Standard deviation of the point spread in pixels.
        noise: Standard deviation of the noise as a share of full scale.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    saturation: float = 1.0
    contrast: float = 1.0
    haze: float = 0.03
    blur: float = 0.55
    noise: float = 0.012


@dataclass(frozen=True)
class CityStyle:
    """One city: its location, its buildings and surfaces, the light and the camera.

    Attributes:
        name: Prefix of the scene names.
        epsg: Projected coordinate reference system, metres.
        origin: Upper left corner of the first scene, easting and northing in metres.
        gsd: Ground sample distance, metres per pixel.
        sun_azimuth: Degrees clockwise from north.
        sun_elevation: Degrees above the horizon, 15 to 85.
        roof_mix: 0 (mostly red tiles) to 1 (mostly grey and light roofs).
        ground_mix: 0 (lawns) to 1 (bare soil and gravel).
        road_mix: 0 (dark asphalt) to 1 (light concrete).
        season: 0 (summer) to 1 (autumn).
        density: Number of buildings per metre of street, relative to the source city.
        building_size: Factor for the width and depth of buildings.
        sensor: The camera.
    """

    name: str
    epsg: int
    origin: tuple[float, float]
    gsd: float = 0.5
    sun_azimuth: float = 135.0
    sun_elevation: float = 50.0
    roof_mix: float = 0.0
    ground_mix: float = 0.0
    road_mix: float = 0.0
    season: float = 0.0
    density: float = 1.0
    building_size: float = 1.0
    sensor: Sensor = Sensor()


SOURCE = CityStyle(name="arden", epsg=32633, origin=(391000.0, 5820000.0))


def target_style(shift: DomainShift, source: CityStyle = SOURCE) -> CityStyle:
    """Return the target city: the source city's style with the shift applied."""
    camera = source.sensor
    gains = (shift.red_gain, shift.green_gain, shift.blue_gain)
    red, green, blue = (old * new for old, new in zip(camera.gain, gains, strict=True))
    return CityStyle(
        name="brook",
        epsg=32650,
        origin=(447000.0, 4418000.0),
        gsd=round(source.gsd * shift.gsd_ratio, 6),
        sun_azimuth=(source.sun_azimuth + shift.sun_azimuth) % 360.0,
        sun_elevation=min(max(source.sun_elevation + shift.sun_elevation, 15.0), 85.0),
        roof_mix=shift.roof_mix,
        ground_mix=shift.ground_mix,
        road_mix=shift.road_mix,
        season=shift.season,
        density=source.density * shift.density,
        building_size=source.building_size * shift.building_size,
        sensor=Sensor(
            gain=(red, green, blue),
            gamma=camera.gamma * shift.gamma,
            saturation=camera.saturation * shift.saturation,
            contrast=camera.contrast * shift.contrast,
            haze=min(camera.haze + shift.haze, 0.9),
            blur=camera.blur + shift.blur,
            noise=camera.noise + shift.noise,
        ),
    )
