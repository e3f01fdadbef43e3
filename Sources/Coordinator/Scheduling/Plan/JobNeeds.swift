public import FarmModel
public import FarmProtocol

/// What a slot must have to work on a job.
public struct JobNeeds: Codable, Hashable, Sendable {
    /// libav's name of the encoder; empty: any slot will do.
    public var encoder: String
    /// Bytes; 0 where it is not known.
    public var memory: Int64
    /// Of `fp16` only a CUDA device is capable.
    public var precision: Precision

    public init(encoder: String = "", memory: Int64 = 0, precision: Precision = .auto) {
        self.encoder = encoder
        self.memory = memory
        self.precision = precision
    }

    /// Whether the slot has all of it. A slot that does not know its memory (0) is believed to have enough.
    public func areMet(by slot: SlotDescription) -> Bool {
        hasEncoder(slot) && hasMemory(slot) && hasDevice(slot)
    }

    func hasEncoder(_ slot: SlotDescription) -> Bool { encoder.isEmpty || slot.encoders.contains(encoder) }
    func hasMemory(_ slot: SlotDescription) -> Bool { slot.memory == 0 || slot.memory >= memory }
    func hasDevice(_ slot: SlotDescription) -> Bool { precision != .fp16 || slot.device.hasPrefix("cuda") }
}

extension JobPlan {
    /// The needs with what the calibration found.
    package var effectiveNeeds: JobNeeds {
        var needs = needs
        if let shape { needs.precision = shape.precision }
        return needs
    }
}
