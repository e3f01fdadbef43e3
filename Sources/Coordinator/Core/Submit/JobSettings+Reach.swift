import FarmModel
import Media

extension JobSettings {
    /// How many times the film must be enlarged for `--height`: of a model's scales the smallest that does is enough. nil where
    /// there is none to reach, or a scale is asked for.
    func reach(for film: FilmDescription) -> Int? {
        guard let height, scale == nil else { return nil }
        let upright = film.orientation?.swapsSides == true ? film.picture.width : film.picture.height
        return (height + upright - 1) / max(1, upright)
    }
}
