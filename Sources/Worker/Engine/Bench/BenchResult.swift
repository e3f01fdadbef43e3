public import FarmModel

/// Frames per second, and how the inference stage spent its time.
public struct BenchResult: Codable, Sendable {
    public var frames: Int
    public var seconds: Double
    /// Of a pipeline, without its first segment: what was opened and loaded for that one is there for the others.
    public var settled: Settled? = nil
    /// Of all processors.
    public var cpuSeconds: Double = 0
    public var stages = StageTimes()
    /// Of a stand-in run: frames per second of the stand-in network with no pipeline around it.
    public var deviceAlone: Double?

    /// What came after a pipeline's first segment.
    public struct Settled: Codable, Sendable {
        public var frames: Int
        public var seconds: Double
    }

    /// After the first segment, where that was told apart.
    public var settledFramesPerSecond: Double {
        guard let settled, settled.seconds > 0 else { return framesPerSecond }
        return Double(settled.frames) / settled.seconds
    }

    public var framesPerSecond: Double { seconds > 0 ? Double(frames) / seconds : 0 }
    public var cpuSecondsPerFrame: Double { frames > 0 ? cpuSeconds / Double(frames) : 0 }

    /// Of a stand-in run: the share of the stand-in device's rate that came out, 0 to 1.
    public var share: Double { deviceAlone.map { framesPerSecond / $0 } ?? 0 }

    /// The share of the inference stage's time in which it waited, 0 to 1.
    public var waiting: Double {
        let stage = stages.inference
        let waited = stage.starved + stage.blocked
        return stage.busy + waited > 0 ? waited / (stage.busy + waited) : 0
    }
}
