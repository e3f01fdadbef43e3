internal import CLibAV
internal import FarmModel

/// How pictures are meant to be shown.
struct PictureLook {
    /// Width of height; 0 where unknown.
    let aspect: Double
    /// Pixels across, seen upright.
    private let width: Int
    /// Of ITU-T H.273.
    let primaries: Int
    let transfer: Int

    /// As a container tells it.
    init(_ film: Demuxer) {
        let stream = film.stream(film.videoIndex)
        let (parameters, color) = (stream.pointee.codecpar.pointee, film.video.parameters.color)
        self.init(
            width: Int(parameters.width), height: Int(parameters.height),
            sample: Rational(av_guess_sample_aspect_ratio(film.context, stream, nil)), film, color)
    }

    /// As the codec tells it where a film changes.
    init(_ mark: FormatMark, _ film: Demuxer) {
        let outside = Rational(film.stream(film.videoIndex).pointee.sample_aspect_ratio)
        self.init(
            width: mark.picture.width, height: mark.picture.height,
            sample: film.saysAspect ? outside : mark.sampleAspectRatio, film, mark.picture.color)
    }

    private init(width: Int, height: Int, sample: Rational, _ film: Demuxer, _ color: ColorDescription) {
        let shown = height > 0 ? Double(width) / Double(height) * (sample.numerator > 0 ? sample.value : 1) : 0
        aspect = film.orientation?.swapsSides == true && shown > 0 ? 1 / shown : shown
        self.width = film.orientation?.swapsSides == true ? height : width
        (primaries, transfer) = (color.primaries, color.transfer)
    }

    /// Whether it is seen in the other's shape. A sample aspect ratio is a fraction of small numbers, and pixels are whole: a picture a
    /// hundredth or a pixel wider is nothing that anyone sees.
    func isShaped(like other: PictureLook) -> Bool {
        guard aspect > 0, other.aspect > 0 else { return true }
        return abs(aspect / other.aspect - 1) <= 0.01 || Double(width) * abs(1 - other.aspect / aspect) <= 1.001
    }
}
