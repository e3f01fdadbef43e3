/// A picture in a size at which enlarging and encoding change little.
struct Thumbnail {
    /// Brightness, 0 to 255.
    let values: [Float]
    /// Both colour differences, one after the other: 0 is gray.
    let colors: [Float]

    /// The mean difference of two, of which one is known to be brighter by `bias` there: 0 to 255.
    func distance(to other: Thumbnail, bias: [Float]) -> Float {
        var sum: Float = 0
        values.withUnsafeBufferPointer { mine in
            other.values.withUnsafeBufferPointer { theirs in
                bias.withUnsafeBufferPointer { bias in
                    for index in mine.indices { sum += abs(mine[index] - theirs[index] - bias[index]) }
                }
            }
        }
        return sum / Float(max(1, values.count))
    }

    /// Adds to `sum` how much brighter this is than the other.
    func add(excessOver other: Thumbnail, to sum: inout [Float]) {
        for index in values.indices { sum[index] += values[index] - other.values[index] }
    }
}
