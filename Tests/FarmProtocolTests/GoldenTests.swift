import FarmModel
import FarmProtocol
import Foundation
import Testing

/// What crosses the wire, spelled out. A change here is a change of the protocol: another side that was not upgraded
/// reads it wrong, so `Wire.version` goes up with it.
@Suite struct GoldenTests {
    @Test(arguments: zip(Samples.worker, worker))
    func workerMessagesKeepTheirNames(_ message: WorkerMessage, _ golden: String) throws {
        #expect(try JSON.parse(message.encoded()) == JSON.parse(Data(golden.utf8)))
        #expect(try WorkerMessage(decoding: Data(golden.utf8)) == message)
    }

    @Test(arguments: zip(Samples.coordinator, coordinator))
    func coordinatorMessagesKeepTheirNames(_ message: CoordinatorMessage, _ golden: String) throws {
        #expect(try JSON.parse(message.encoded()) == JSON.parse(Data(golden.utf8)))
        #expect(try CoordinatorMessage(decoding: Data(golden.utf8)) == message)
    }

    @Test(arguments: zip(Samples.bulk, bulk))
    func bulkHeadersKeepTheirNames(_ header: BulkHeader, _ golden: String) throws {
        #expect(try JSON.parse(header.encoded()) == JSON.parse(Data(golden.utf8)))
        #expect(try BulkHeader(decoding: Data(golden.utf8)) == header)
    }

    @Test(arguments: zip(requests, ["upload", "submit", "queue", "workers", "act", "manage"]))
    func requestsKeepTheirNames(_ golden: String, _ ask: String) throws {
        let data = Data(golden.utf8)
        #expect(try JSON.parse(ClientRequest(decoding: data).encoded()) == JSON.parse(data), "\(ask)")
    }

    @Test(arguments: replies)
    func repliesKeepTheirNames(_ golden: String) throws {
        let data = Data(golden.utf8)
        #expect(try JSON.parse(ClientReply(decoding: data).encoded()) == JSON.parse(data))
    }

    /// A job that was begun before there were two engines goes on with libtorch's.
    @Test func recipesWithoutAnEngineAreLibtorchs() throws {
        let old = Self.recipe.replacingOccurrences(of: #""cpuEngine":"auto","#, with: "")
        #expect(old != Self.recipe)
        #expect(try JSONDecoder().decode(Recipe.self, from: Data(Self.recipe.utf8)).cpuEngine == .auto)
        #expect(try JSONDecoder().decode(Recipe.self, from: Data(old.utf8)).cpuEngine == .torch)
    }

    @Test func everyMessageHasItsGolden() {
        #expect(Self.worker.count == Samples.worker.count)
        #expect(Self.coordinator.count == Samples.coordinator.count)
        #expect(Self.bulk.count == Samples.bulk.count)
    }

    static let worker = [
        #"""
        {"v":8,"type":"hello","body":{
          "worker":{"name":"box-1","epoch":17,"processID":4711},
          "slots":[{"device":"cpu","deviceModel":"EPYC","versions":{"libtorch":"1.13.1"},"memory":8589934592,"encoders":["libx265"]}],
          "held":[\#(attempt)]}}
        """#,
        #"{"v":8,"type":"heartbeat","body":{"attempts":[{"attempt":\#(attempt),"frames":12}]}}"#,
        #"{"v":8,"type":"calibrated","body":{"job":"k7f","framesPerSecond":2.5,"shape":\#(shape)}}"#,
        #"""
        {"v":8,"type":"result","body":{"attempt":\#(attempt),"frames":2,"missing":[1],
          "output":{"id":"encoded/k7f/3#2","size":1234,"sha256":"\#(hash)"},
          "stages":{"decode":{"busy":1,"starved":0.5,"blocked":0.25},"inference":{"busy":0,"starved":0,"blocked":0},
            "encode":{"busy":0,"starved":0,"blocked":0}}}}
        """#,
        #"""
        {"v":8,"type":"failure","body":{"attempt":\#(attempt),"job":"k7f","reason":"no picture","crashed":true,
          "log":["[hevc] no picture"]}}
        """#,
        #"{"v":8,"type":"failure","body":{"job":"k7f","reason":"out of memory","crashed":false}}"#,
        #"{"v":8,"type":"draining","body":{}}"#,
        #"{"v":8,"type":"goodbye","body":{}}"#,
    ]

    static let coordinator = [
        #"{"v":8,"type":"welcome","body":{"heartbeatInterval":2}}"#,
        #"{"v":8,"type":"reject","body":{"reason":"protocol version 3 meets 2: upgrade the coordinator"}}"#,
        #"{"v":8,"type":"stranger","body":{}}"#,
        #"""
        {"v":8,"type":"calibrate","body":{"job":"k7f","slot":0,"tile":96,"batch":4,"precision":"auto","recipe":\#(recipe),
          "model":\#(modelBlob)}}
        """#,
        #"""
        {"v":8,"type":"lease","body":{"slot":1,"lifetime":30,"model":\#(modelBlob),"task":{"attempt":\#(attempt),
          "range":{"first":1,"end":3},"context":{"first":0,"end":4},"keyframes":[2],"timestamps":[0,512,1024,1536],
          "input":{"id":"source/k7f/3#2","size":1234,"sha256":"\#(hash)"},"recipe":\#(recipe)}}}
        """#,
        #"{"v":8,"type":"accepted","body":\#(attempt)}"#,
        #"{"v":8,"type":"refused","body":{"attempt":\#(attempt),"reason":"the hash is wrong"}}"#,
        #"{"v":8,"type":"cancel","body":\#(attempt)}"#,
        #"{"v":8,"type":"drain","body":{}}"#,
    ]

    static let bulk = [
        #"{"v":8,"type":"get","blob":"source/k7f/3#2","offset":0,"size":1234}"#,
        #"{"v":8,"type":"data","blob":"source/k7f/3#2","offset":0}"#,
        #"{"v":8,"type":"offer","blob":"source/k7f/3#2","size":1234,"sha256":"\#(hash)"}"#,
        #"{"v":8,"type":"received","blob":"source/k7f/3#2"}"#,
        #"{"v":8,"type":"refused","blob":"source/k7f/3#2","reason":"nobody expects it"}"#,
    ]

    static let requests = [
        #"""
        {"v":8,"type":"request","body":{"id":1,"ask":{"upload":{"_0":\#(upload)}}}}
        """#,
        #"""
        {"v":8,"type":"request","body":{"id":2,"ask":{"submit":{"_0":{"token":"t","film":{"uploaded":{"_0":\#(upload)}},
          "container":"mkv","priority":0,"overwrite":false,"settings":{"model":"nearest","codec":"hevc","crf":18,
            "encoderParameters":[],"segmentLength":{"automatic":{}},"temporalBlend":0,"precision":"auto"}}}}}}
        """#,
        #"{"v":8,"type":"request","body":{"id":3,"ask":{"queue":{"all":true}}}}"#,
        #"{"v":8,"type":"request","body":{"id":4,"ask":{"workers":{}}}}"#,
        #"{"v":8,"type":"request","body":{"id":5,"ask":{"act":{"job":"k7f","_1":{"priority":{"_0":3}}}}}}"#,
        #"{"v":8,"type":"request","body":{"id":6,"ask":{"manage":{"worker":"box-1","_1":"reinstate"}}}}"#,
    ]

    static let replies = [
        #"{"v":8,"type":"reply","body":{"id":1,"answer":{"present":{}}}}"#,
        #"{"v":8,"type":"reply","body":{"id":2,"answer":{"submitted":{"job":"k7f"}}}}"#,
        #"""
        {"v":8,"type":"reply","body":{"id":3,"answer":{"refused":{"_0":{"kind":"usage","message":"there is no job k7f"}}}}}
        """#,
        #"""
        {"v":8,"type":"reply","body":{"id":4,"answer":{"film":{"_0":{"name":"out.mkv",
          "blob":{"id":"film/k7f","size":1234,"sha256":"\#(hash)"}}}}}}
        """#,
    ]

    private static let upload = #"{"kind":"film","name":"film.mkv","size":1234,"sha256":"\#(hash)"}"#
    private static let hash = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
    private static let modelBlob = #"{"id":"model/\#(hash)","size":4321,"sha256":"\#(hash)"}"#
    private static let attempt = #"{"segment":{"job":"k7f","index":3},"number":2}"#
    private static let shape = #"{"tile":96,"batch":4,"precision":"fp32"}"#
    private static let color = #"{"matrix":2,"primaries":2,"transfer":2,"isFullRange":false,"chromaLocation":0}"#
    private static let picture = #"""
        {"width":320,"height":180,"color":\#(color),
          "layout":{"family":"yuv","bitDepth":8,"chromaShiftX":1,"chromaShiftY":1}}
        """#
    private static let recipe = #"""
        {"scale":4,"overlap":1,"temporalBlend":1,"preparation":{},"cpuEngine":"auto","execution":\#(shape),"input":\#(picture),
          "source":{"timeBase":{"numerator":1,"denominator":12800},"frameRate":{"numerator":25,"denominator":1},
            "parameters":{"codec":"h264","codecTag":1,"extradata":"AQID","pixelFormat":"yuv420p","width":320,"height":180,
              "profile":-99,"level":-99,"bitsPerCodedSample":0,"bitsPerRawSample":0,"fieldOrder":0,"videoDelay":0,
              "sampleAspectRatio":{"numerator":0,"denominator":1},"color":\#(color)}},
          "model":{"sha256":"\#(hash)","path":"/models/a.pt","description":{"name":"animevideov3","scale":4,
            "receptive_radius":18,"window":1,"value_range":[0,1],"licence":"BSD-3-Clause","source":"a wheel",
            "source_sha256":"\#(hash)"}},
          "encoding":{"codec":"hevc","encoder":"libx265","crf":18,"preset":"medium","keyframeInterval":250,"gopLength":{"seconds":{"_0":10}},
            "parameters":[{"key":"aq-mode","value":"3"}],"picture":\#(picture),
            "sampleAspectRatio":{"numerator":1,"denominator":1},"timeBase":{"numerator":1,"denominator":12800},
            "frameRate":{"numerator":25,"denominator":1}}}
        """#
}
