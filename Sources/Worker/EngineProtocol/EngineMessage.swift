public import FarmModel
public import FarmProtocol

/// What a worker tells its engine, one JSON object a line on the engine's standard input.
public enum EngineCommand: Codable, Sendable {
    case segment(SegmentOrder)
    case calibrate(CalibrationRequest, modelPath: String?)
    case cancel(AttemptID)
}

/// What an engine answers, one JSON object a line on its standard output.
public enum EngineEvent: Codable, Sendable {
    /// First of all: what the device is.
    case ready(SlotDescription)
    case progress(AttemptID, frames: Int)
    case finished(SegmentResult)
    /// - Parameter misfit: the frame from which on the film's pictures are not those that the job was made for.
    case failed(AttemptID, reason: String, misfit: Int?)
    case calibrated(Calibration)
    case calibrationFailed(JobID, reason: String)
    /// Something that a person should read in the log.
    case notice(String)
    /// Last of all: why the device is of no use to this process any more, which ends.
    case lost(String)
}
