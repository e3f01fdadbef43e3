extension Recipe {
    /// Bytes of the frames that the temporal blend keeps on the device, and of the few that are mixed: per pixel of a source
    /// its colours, what motion is found by (four floats and a third more for what is smaller), and its tolerance; of a result
    /// four floats.
    /// - Parameter batch: results that come at once, and are kept until they are mixed.
    public func blendMemory(batch: Int = 1) -> Int64 {
        guard temporalBlend > 0 else { return 0 }
        let source = Int64(input.width) * Int64(input.height)
        let result = Int64(encoding.picture.width) * Int64(encoding.picture.height)
        return Int64(2 * temporalBlend + 2 + batch) * (source * 16 + result * 4) * 4
    }
}
