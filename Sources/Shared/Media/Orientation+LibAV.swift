internal import CLibAV
internal import FarmModel

extension UnsafeMutablePointer<AVStream> {
    /// How the stream's pictures must be turned, by its display matrix; nil where they are upright, or lie askew.
    var orientation: Orientation? {
        for index in 0..<av_shim_stream_side_data_count(self) {
            guard let item = av_shim_stream_side_data(self, index), item.pointee.type == AV_PKT_DATA_DISPLAYMATRIX,
                item.pointee.size >= 36
            else { continue }
            return item.pointee.data.withMemoryRebound(to: Int32.self, capacity: 9) { Orientation(displayMatrix: $0) }
        }
        return nil
    }
}

extension Orientation {
    /// libav's display matrix maps (x, y) to (a·x + c·y, b·x + d·y), y pointing down.
    init?(displayMatrix: UnsafePointer<Int32>) {
        let (a, b, c, d) = (displayMatrix[0], displayMatrix[1], displayMatrix[3], displayMatrix[4])
        switch (a.signum(), b.signum(), c.signum(), d.signum()) {
        case (-1, 0, 0, -1): self = .halfTurn
        case (-1, 0, 0, 1): self = .mirrored
        case (1, 0, 0, -1): self = .flipped
        case (0, 1, -1, 0): self = .clockwise
        case (0, -1, 1, 0): self = .counterclockwise
        case (0, 1, 1, 0): self = .transposed
        case (0, -1, -1, 0): self = .antitransposed
        default: return nil
        }
    }
}
