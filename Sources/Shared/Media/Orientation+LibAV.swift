internal import CLibAV
internal import FarmModel

extension UnsafeMutablePointer<AVStream> {
    /// How the stream's pictures must be turned, by its display matrix; nil where they are upright, or lie askew.
    var orientation: Orientation? {
        withDisplayMatrix { Orientation(displayMatrix: $0) } ?? nil
    }

    /// Moves the turned picture back to where it was: the matrix also says by how many pixels.
    func fitDisplayMatrix(to picture: PictureFormat) {
        withDisplayMatrix { matrix in
            let (width, height) = (Int32(clamping: picture.width << 16), Int32(clamping: picture.height << 16))
            // What turning leaves on the far side of zero, as phones write it.
            if matrix[6] != 0 { matrix[6] = matrix[0] < 0 ? width : matrix[3] < 0 ? height : 0 }
            if matrix[7] != 0 { matrix[7] = matrix[4] < 0 ? height : matrix[1] < 0 ? width : 0 }
        }
    }

    @discardableResult
    private func withDisplayMatrix<T>(_ body: (UnsafeMutablePointer<Int32>) -> T) -> T? {
        for index in 0..<av_shim_stream_side_data_count(self) {
            guard let item = av_shim_stream_side_data(self, index), item.pointee.type == AV_PKT_DATA_DISPLAYMATRIX,
                item.pointee.size >= 36
            else { continue }
            return item.pointee.data.withMemoryRebound(to: Int32.self, capacity: 9) { body($0) }
        }
        return nil
    }
}

extension Demuxer {
    var orientation: Orientation? { stream(videoIndex).orientation }

    /// Of the pictures as they are to be seen.
    var uprightSize: (width: Int, height: Int) {
        let parameters = stream(videoIndex).pointee.codecpar.pointee
        let (width, height) = (Int(parameters.width), Int(parameters.height))
        return orientation?.swapsSides == true ? (height, width) : (width, height)
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
