internal import FarmModel

extension ExecutionShape {
    /// What to try where this shape ran out of memory: half the batch, and from one picture on half the tile, as
    /// long as that makes the network's input smaller. nil where nothing smaller is left.
    /// - Parameter keepsTile: fewer pictures at once change no bit; with some networks other tiles do.
    func smaller(width: Int, height: Int, halo: Int, keepsTile: Bool) -> ExecutionShape? {
        var next = self
        guard batch == 1 else {
            next.batch = batch / 2
            return next
        }
        guard !keepsTile else { return nil }
        func input(_ tile: Int) -> Int {
            let plan = TilePlan(width: width, height: height, tile: tile, halo: halo)
            return plan.windowWidth * plan.windowHeight
        }
        var edge = tile == 0 ? max(width, height) : tile
        while edge > Self.smallestTile {
            edge = max(Self.smallestTile, (edge + 1) / 2)
            next.tile = edge
            if input(edge) < input(tile) { return next }
        }
        return nil
    }

    private static var smallestTile: Int { 16 }
}
