/// Times for pictures of which only some have one. In MPEG program streams several pictures may lie in one packet of the
/// stream, which tells the time of one of them.
enum FilledTimes {
    /// Pictures between two whose times are known are spread evenly; those before the first and after the last follow the mean step.
    /// - Parameter times: in presentation order, `.min` where unknown.
    /// - Returns: strictly ascending; nil where fewer than two are known, or where they leave no room for those between.
    static func fill(_ times: [Int64]) -> [Int64]? {
        let known = times.indices.filter { times[$0] != .min }
        guard let first = known.first, let last = known.last, first < last else { return nil }
        // Beyond this a clock of nanoseconds has run for half a century: no time of a film, and sums might overflow.
        guard known.allSatisfy({ times[$0].magnitude < 1 << 61 }) else { return nil }
        let step = (times[last] - times[first]) / Int64(last - first)
        guard step > 0, step < (1 << 61) / Int64(times.count) else { return nil }
        var filled = times
        for (one, next) in zip(known, known.dropFirst()) {
            let (length, pictures) = (times[next] - times[one], Int64(next - one))
            guard length >= pictures else { return nil }
            for place in one..<next {
                filled[place] = times[one] + Int64((Double(length) * Double(place - one) / Double(pictures)).rounded())
            }
        }
        for place in 0..<first { filled[place] = times[first] - step * Int64(first - place) }
        for place in times.indices.dropFirst(last + 1) { filled[place] = times[last] + step * Int64(place - last) }
        return filled
    }
}
