/// How a frame is cut into tiles, on a grid that depends on the frame's size, the tile edge and the halo only.
///
/// Each tile fills in its core from a window that reaches a halo further on every side where the frame does. Windows
/// are moved, not cut, at the frame's borders: all have one shape, and the network meets the frame's true border
/// where the whole frame would. So tiles give what the whole frame gives, but for the last bits where
/// our own convolutions run (`Convolution.h`): those sum over 8x8 pixels, and which ones depends on where the tile begins.
public struct TilePlan: Hashable, Sendable {
    public struct Tile: Hashable, Sendable {
        /// Where the tile's own pixels lie in the frame.
        public var coreX: Range<Int>
        public var coreY: Range<Int>
        /// Where its window begins.
        public var windowX: Int
        public var windowY: Int
    }

    public let windowWidth: Int
    public let windowHeight: Int
    public let tiles: [Tile]

    /// - Parameters:
    ///   - tile: the longest edge of a core in pixels; 0 makes the whole frame one tile.
    ///   - halo: the network's receptive radius, or more.
    public init(width: Int, height: Int, tile: Int, halo: Int) {
        let columns = Axis(size: width, tile: tile, halo: halo)
        let rows = Axis(size: height, tile: tile, halo: halo)
        windowWidth = columns.window
        windowHeight = rows.window
        tiles = rows.cores.flatMap { y in
            columns.cores.map { x in
                Tile(coreX: x, coreY: y, windowX: columns.windowStart(x), windowY: rows.windowStart(y))
            }
        }
    }

    /// Pixels that go through the network for one frame.
    public var pixels: Int { windowWidth * windowHeight * tiles.count }
}

/// One direction of the grid: as few cores as the tile edge allows, as even as can be.
private struct Axis {
    let size: Int
    let halo: Int
    let cores: [Range<Int>]
    let window: Int

    init(size: Int, tile: Int, halo: Int) {
        let count = tile <= 0 || tile >= size ? 1 : (size + tile - 1) / tile
        let edge = (size + count - 1) / count
        self.size = size
        self.halo = halo
        cores = (0..<count).map { $0 * edge..<min(($0 + 1) * edge, size) }
        window = min(size, edge + 2 * halo)
    }

    func windowStart(_ core: Range<Int>) -> Int {
        max(0, min(core.lowerBound - halo, size - window))
    }
}
