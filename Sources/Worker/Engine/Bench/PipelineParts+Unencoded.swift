import EngineProtocol
import FarmModel

extension PipelineParts {
    /// The same with nothing behind the network: pictures are let fall.
    var unencoded: PipelineParts {
        var parts = self
        parts.sink = { _ in NullSink() }
        parts.verify = { order, _ in BlobReference(id: "\(order.task.attempt)", size: 0, sha256: "") }
        return parts
    }
}

private final class NullSink: PictureSink {
    func write(_ picture: any PlanarPicture, number: Int) {}
    func finish() {}
}
