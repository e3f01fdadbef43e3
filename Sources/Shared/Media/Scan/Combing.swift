internal import FarmModel

/// Tells whether a picture is woven of two moments: then each line is less like the next one than like the one after that,
/// where something moved.
enum Combing {
    /// nil where too little moved since the picture before.
    static func isCombed(_ picture: VideoFrame, after last: VideoFrame) -> Bool? {
        let format = picture.format
        guard format == last.format, format.height >= 8 else { return nil }
        return format.layout.bytesPerSample == 1
            ? isCombed(picture, last, UInt8.self) : isCombed(picture, last, UInt16.self)
    }

    private static func isCombed<Sample: FixedWidthInteger>(
        _ picture: VideoFrame, _ last: VideoFrame, _: Sample.Type
    ) -> Bool? {
        let format = picture.format
        let moved = 8 << (format.layout.bitDepth - 8)
        func sample(_ frame: VideoFrame, _ x: Int, _ y: Int) -> Int {
            let offset = y * frame.stride(0) + x * MemoryLayout<Sample>.size
            return Int(frame.plane(0).load(fromByteOffset: offset, as: Sample.self))
        }
        var (count, near, far) = (0, 0, 0)
        for x in stride(from: 0, to: format.width, by: max(1, format.width / 180)) {
            for y in 2..<format.height - 2 {
                let here = sample(picture, x, y)
                guard abs(here - sample(last, x, y)) > moved else { continue }
                count += 1
                near += abs(2 * here - sample(picture, x, y - 1) - sample(picture, x, y + 1))
                far += abs(2 * here - sample(picture, x, y - 2) - sample(picture, x, y + 2))
            }
        }
        return count < 50 ? nil : near > far
    }
}
