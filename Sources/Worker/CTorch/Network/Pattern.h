// Convolutions, and activations behind them, as frozen graphs have them.
#pragma once
#include "Graph.h"

namespace ct {

using torch::jit::Node;
using torch::jit::Value;

inline bool isAll(const Value *value, std::initializer_list<int64_t> expected) {
    return numbers(value) == std::vector<int64_t>(expected);
}

/// Known, and a number for each axis: not a word such as "same".
inline bool isPair(const Value *value) {
    const auto known = numbers(value);
    return known && known->size() == 2;
}

/// A convolution of a scripted network, or of a traced one.
struct Convolution {
    Node *node;
    size_t groups;

    /// Nothing where it is none of this type, or one that no operator of ours can stand for.
    static std::optional<Convolution> of(Node *node, at::ScalarType type) {
        const bool isTraced = isCalled(node, "aten::_convolution");
        if (!isTraced && !isCalled(node, "aten::conv2d")) return std::nullopt;
        if (isTraced && torch::jit::toIValue(node->input(6)) != c10::IValue(false)) return std::nullopt;
        for (size_t i = 3; i <= 5; ++i)
            if (!isPair(node->input(i))) return std::nullopt;
        const auto weight = tensor(node->input(1));
        if (!weight || weight->dim() != 4 || weight->scalar_type() != type) return std::nullopt;
        return Convolution{node, isTraced ? size_t(8) : size_t(6)};
    }

    /// 3x3, stride 1, padding 1.
    bool isPlain() const {
        const auto weight = this->weight();
        return weight.size(2) == 3 && weight.size(3) == 3 && torch::jit::toIValue(node->input(2))
            && isAll(node->input(3), {1, 1}) && isAll(node->input(4), {1, 1}) && isAll(node->input(5), {1, 1})
            && torch::jit::toIValue(node->input(groups)) == c10::IValue(int64_t(1));
    }

    at::Tensor weight() const { return *tensor(node->input(1)); }

    /// Of each channel, floats on the CPU.
    at::Tensor bias() const {
        const auto known = tensor(node->input(2));
        return known ? known->to(at::kCPU, at::kFloat) : at::zeros({weight().size(0)});
    }
};

/// What negative results are multiplied by, where the one use of `value` is an activation that can be fused.
struct Activation {
    Node *node = nullptr;
    at::Tensor slope;

    static Activation of(const Value *value, int64_t channels) {
        if (value->uses().size() != 1) return {};
        Node *user = value->uses()[0].user;
        // In a loop it may be done more than once.
        if (user->owningBlock() != value->node()->owningBlock()) return {};
        if (isCalled(user, "aten::relu") || isCalled(user, "aten::relu_")) return {user, at::zeros({channels})};
        if (isCalled(user, "aten::leaky_relu") || isCalled(user, "aten::leaky_relu_")) {
            const auto slope = torch::jit::toIValue(user->input(1));
            if (!slope || !slope->isScalar()) return {};
            return {user, at::full({channels}, slope->toScalar().toDouble(), at::kFloat)};
        }
        if (!isCalled(user, "aten::prelu")) return {};
        const auto slope = tensor(user->input(1));
        const bool fits = slope && slope->is_floating_point() && (slope->numel() == 1 || slope->numel() == channels);
        return fits ? Activation{user, slope->to(at::kCPU, at::kFloat).flatten().expand({channels})} : Activation{};
    }
};

}  // namespace ct
