import FarmModel
import Foundation
import Media

extension FilmDescription {
    /// The film as what a job takes of it: one stretch, whose pictures may be others than the film's first.
    /// - Parameter frames: of the whole film.
    /// - Returns: also, where the shape of samples changes inside, a line that says so.
    func taking(
        _ range: FrameRange, of stretch: FilmStretches.Stretch?, among frames: Int, time: (Int) -> String
    ) -> (film: FilmDescription, warning: String?) {
        guard let stretch else { return (self, nil) }
        var film = self
        // Where no change was seen, what was decoded of the part tells more.
        if stretch.frames.first > 0 || (stretch.frames.end < frames && !stretch.picture.hasShape(of: picture)) {
            film.picture = stretch.picture
            (film.video.parameters.width, film.video.parameters.height) = (
                stretch.picture.width, stretch.picture.height
            )
            film.video.parameters.color = stretch.picture.color
            if !saysAspect, let aspect = stretch.firstAspect(within: range) {
                film.video.parameters.sampleAspectRatio = aspect
            }
        }
        guard let (ratio, change) = stretch.aspect(within: range) else { return (film, nil) }
        film.video.parameters.sampleAspectRatio = ratio
        return (
            film,
            "\(path): the shape of its samples changes at \(time(change.first)) s; all are shown as "
                + "\(ratio.numerator):\(ratio.denominator), the shape of most: to keep each, upscale the parts on their own, "
                + "--to \(time(change.first)) and --from \(time(change.first))"
        )
    }
}
