import FarmModel
import Testing

@testable import Inference

@Suite struct TilePlanTests {
    static let sizes = [(64, 48), (35, 27), (1, 1), (320, 180), (100, 3), (97, 101)]

    @Test(arguments: sizes, [(0, 18), (16, 0), (16, 18), (7, 3), (50, 349), (1, 2)])
    func coresCoverOnceAndWindowsSuffice(size: (Int, Int), grid: (Int, Int)) {
        let (width, height) = size
        let (tile, halo) = grid
        let plan = TilePlan(width: width, height: height, tile: tile, halo: halo)
        var covered = [Int](repeating: 0, count: width * height)
        for part in plan.tiles {
            for y in part.coreY { for x in part.coreX { covered[y * width + x] += 1 } }
            expectWindow(part.windowX, plan.windowWidth, core: part.coreX, size: width, halo: halo)
            expectWindow(part.windowY, plan.windowHeight, core: part.coreY, size: height, halo: halo)
            #expect(tile == 0 || (part.coreX.count <= tile && part.coreY.count <= tile))
        }
        #expect(covered.allSatisfy { $0 == 1 })
    }

    /// Inside the frame; and on each side a full halo, or the frame's border.
    private func expectWindow(_ start: Int, _ length: Int, core: Range<Int>, size: Int, halo: Int) {
        let end = start + length
        #expect(start >= 0 && end <= size)
        #expect(start == 0 || core.lowerBound - start >= halo)
        #expect(end == size || end - core.upperBound >= halo)
        #expect(start <= core.lowerBound && core.upperBound <= end)
    }

    @Test func wholeFrameIsOneTile() {
        let plan = TilePlan(width: 320, height: 180, tile: 0, halo: 18)
        #expect(plan.tiles.count == 1 && plan.windowWidth == 320 && plan.windowHeight == 180)
    }

    @Test func coresAreEven() {
        let plan = TilePlan(width: 1920, height: 1080, tile: 512, halo: 18)
        #expect(plan.tiles.count == 12 && plan.windowWidth == 480 + 36 && plan.windowHeight == 360 + 36)
    }

    @Test func memoryShortageHalvesBatchThenTile() {
        var shapes: [[Int]] = []
        var shape: ExecutionShape? = ExecutionShape(tile: 0, batch: 5, precision: .fp32)
        while let next = shape?.smaller(width: 320, height: 180, halo: 18, keepsTile: false) {
            shapes.append([next.batch, next.tile])
            shape = next
        }
        #expect(shapes == [[2, 0], [1, 0], [1, 160], [1, 80], [1, 40], [1, 20], [1, 16]])
    }

    @Test func tilesThatWouldNotShrinkTheWindowAreSkipped() {
        let shape = ExecutionShape(tile: 0, batch: 1, precision: .fp32)
        #expect(shape.smaller(width: 320, height: 180, halo: 349, keepsTile: false) == nil)
        #expect(shape.smaller(width: 320, height: 180, halo: 94, keepsTile: false)?.tile == 80)
        #expect(shape.smaller(width: 320, height: 180, halo: 94, keepsTile: true) == nil)
    }
}
