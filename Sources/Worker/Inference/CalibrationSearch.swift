/// Decides which shapes calibration tries, and which one is best: no clock, no device.
///
/// First a small window tells roughly how fast the network is and how much memory it takes. Then tile edges are
/// tried from small to large as far as time allows; what there is no time or memory to try is judged by the largest
/// window that was tried. At last, where batches may help, the batch is doubled as long as that pays.
struct CalibrationSearch {
    /// One network call to time.
    struct Trial: Hashable {
        var width: Int
        var height: Int
        var batch: Int
        var pixels: Int { width * height * batch }
    }

    enum Outcome: Hashable {
        /// Of one call; the peak memory it needed, where that can be told.
        case took(seconds: Double, bytes: Double?)
        case outOfMemory
    }

    struct Candidate {
        var tile: Int
        var plan: TilePlan
        /// For one frame; nil where it does not fit into memory.
        var seconds: Double?
    }

    /// A larger tile is preferred to one that is faster by less than this, and a smaller batch likewise.
    static let worthwhile = 0.04
    static let probeEdge = 64
    static let tileEdges = [128, 256, 512, 1024]
    static let largestBatch = 16

    private enum Phase: Hashable {
        case probe
        case tile(Int)
        case batch
        case done
    }

    private let width: Int
    private let height: Int
    private let triesBatches: Bool
    private let memoryLimit: Double
    /// Bytes that each picture of a batch takes beside the call.
    private let besides: Double
    private var candidates: [Candidate]
    private var phase = Phase.probe
    private var secondsPerPixel: Double?
    private var bytesPerPixel: Double?
    private var batch: Int

    /// - Parameters:
    ///   - tile, batch: what the user fixed.
    ///   - triesBatches: whether batches of more than one picture may be faster.
    ///   - memoryLimit: bytes that a call may take, and what is kept of its pictures.
    ///   - besides: bytes that are kept of each picture of a batch.
    init(
        width: Int, height: Int, halo: Int, tile: Int?, batch: Int?, triesBatches: Bool,
        memoryLimit: Double = .infinity, besides: Double = 0
    ) {
        self.width = width
        self.height = height
        self.triesBatches = triesBatches && batch == nil
        self.memoryLimit = memoryLimit
        self.besides = besides
        self.batch = batch ?? 1
        let edges = tile.map { [$0] } ?? Self.tileEdges.filter { $0 < max(width, height) } + [0]
        candidates = edges.map { edge in
            Candidate(tile: edge, plan: TilePlan(width: width, height: height, tile: edge, halo: halo), seconds: nil)
        }
        // A tile whose window is as large as the next one's only costs more.
        candidates = candidates.enumerated().filter { index, candidate in
            index + 1 == candidates.count || candidate.window(1) != candidates[index + 1].window(1)
        }.map(\.element)
        if candidates.count == 1 && !self.triesBatches { phase = .done }
    }

    /// What to pin, as far as is known.
    var best: (tile: Int, batch: Int) {
        (candidates[bestIndex].tile, batch)
    }

    var isDone: Bool { phase == .done }

    /// What to time next, with `remaining` seconds left; nil when all is decided.
    mutating func next(remaining: Double) -> Trial? {
        while true {
            switch phase {
            case .done: return nil
            case .probe:
                return Trial(width: min(width, Self.probeEdge), height: min(height, Self.probeEdge), batch: batch)
            case .tile(let index) where index == candidates.count: phase = triesBatches ? .batch : .done
            case .tile(let index):
                let trial = candidates[index].window(batch)
                guard fits(trial) else {
                    phase = .tile(index + 1)
                    continue
                }
                if expectedSeconds(trial) < remaining { return trial }
                candidates[index].seconds = candidates[index].seconds(of: expectedSeconds(trial), batch: batch)
                phase = .tile(index + 1)
            case .batch:
                let trial = candidates[bestIndex].window(batch * 2)
                if trial.batch <= Self.largestBatch, fits(trial), expectedSeconds(trial) < remaining { return trial }
                phase = .done
            }
        }
    }

    /// Takes in how the trial that `next` gave went.
    mutating func record(_ trial: Trial, _ outcome: Outcome) {
        if case .took(let seconds, let bytes) = outcome {
            secondsPerPixel = seconds / Double(trial.pixels)
            bytesPerPixel = bytes.map { $0 / Double(trial.pixels) } ?? bytesPerPixel
        }
        switch (phase, outcome) {
        case (.probe, _): phase = .tile(0)
        case (.tile(let index), .took(let seconds, _)):
            candidates[index].seconds = candidates[index].seconds(of: seconds, batch: batch)
            phase = .tile(index + 1)
        case (.tile(let index), .outOfMemory): phase = .tile(index + 1)
        case (.batch, .took(let seconds, _)): adopt(trial, seconds: seconds)
        case (.batch, .outOfMemory), (.done, _): phase = .done
        }
    }

    private mutating func adopt(_ trial: Trial, seconds: Double) {
        let index = bestIndex
        let perFrame = candidates[index].seconds(of: seconds, batch: trial.batch)
        guard perFrame < (candidates[index].seconds ?? .infinity) * (1 - Self.worthwhile) else {
            phase = .done
            return
        }
        candidates[index].seconds = perFrame
        batch = trial.batch
    }

    /// Of those nearly as fast as the fastest, the largest tile; where nothing fits, the smallest.
    private var bestIndex: Int {
        let fastest = candidates.compactMap(\.seconds).min() ?? .infinity
        return candidates.lastIndex {
            ($0.seconds ?? .infinity) <= fastest / (1 - Self.worthwhile) && $0.seconds != nil
        } ?? 0
    }

    private func expectedSeconds(_ trial: Trial) -> Double {
        (secondsPerPixel ?? 0) * Double(trial.pixels)
    }

    private func fits(_ trial: Trial) -> Bool {
        (bytesPerPixel ?? 0) * Double(trial.pixels) + besides * Double(trial.batch) <= memoryLimit
    }
}

extension CalibrationSearch.Candidate {
    func window(_ batch: Int) -> CalibrationSearch.Trial {
        CalibrationSearch.Trial(width: plan.windowWidth, height: plan.windowHeight, batch: batch)
    }

    /// For one frame, where a call of `batch` windows takes `call`.
    func seconds(of call: Double, batch: Int) -> Double {
        call * Double(plan.tiles.count) / Double(batch)
    }
}
