// How much what several models learned beyond one base gets in each other's way: the angles between their task vectors, and where their signs disagree.
//   Ilharco et al. 2023, "Editing Models with Task Arithmetic", section 5; Yadav et al. 2023, "TIES-Merging", section 3
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

struct Interference {
  struct Part {                 // a layer, or a tensor that stands in none
    std::string name;
    int64_t numbers = 0;
    int64_t moved = 0;          // places where two models or more differ from the base
    int64_t disagree = 0;       // among them, those where not all move one way
    std::vector<double> products = {};  // (models x models): of task vectors, one with another; on the diagonal squared lengths

    double cosine(size_t i, size_t j) const;  // 0 where a model did not move
    double mean_cosine() const;               // over pairs
    double disagreeing() const { return moved > 0 ? static_cast<double>(disagree) / static_cast<double>(moved) : 0; }
  };
  size_t models = 0;
  std::vector<Part> parts = {};

  Part& part(const std::string& name);
  Part whole() const;  // all of them together
};

// Adds one tensor's numbers: the base's and each model's, f32 and dense.
void add_interference(Interference::Part& part, const Tensor& base, const std::vector<Tensor>& models);

}  // namespace grim
