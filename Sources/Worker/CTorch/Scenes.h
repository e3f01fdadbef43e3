// Where one scene ends and another begins, told from two neighbouring pictures alone: the same wherever a film is split.
#pragma once
#include <ATen/ATen.h>

namespace ct {

/// What a scene is known by: `source`, [3, height, width] in about [0, 1], made no larger than 36 by 64, in the host's memory.
at::Tensor lookOf(const at::Tensor &source);

/// Another scene: most places look different, and so do the colours as a whole, which motion leaves as they are.
bool isCut(const at::Tensor &before, const at::Tensor &after);

}  // namespace ct
