// One case of tests/golden/ops.json: its inputs as float64 leaves, its attributes, and what PyTorch made of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/tensor/tensor.h"

namespace grim::parity {

using Outputs = std::map<std::string, Tensor>;

struct Case {
  const Json* entry = nullptr;
  std::map<std::string, Tensor> in;
  // Where an input's gradient is found when it is not collected at the input itself, e.g. transposed in a layer.
  std::map<std::string, std::function<Tensor()>> gradient_of;

  const Tensor& operator[](const std::string& role) const { return in.at(role); }
  bool has(const std::string& role) const { return in.count(role) > 0; }
  Tensor or_none(const std::string& role) const { return has(role) ? in.at(role) : Tensor(); }
  const Json& attributes() const { return entry->at("attributes"); }
  double real(const char* key, double fallback = 0) const { return attributes().real(key, fallback); }
  int64_t integer(const char* key, int64_t fallback = 0) const { return attributes().integer(key, fallback); }
  int axis(const char* key = "dim") const { return static_cast<int>(attributes().integer(key)); }
  bool flag(const char* key) const { return attributes().boolean(key, false); }
  std::string text(const char* key) const { return attributes().text(key, ""); }
  std::vector<int64_t> list(const char* key) const {
    std::vector<int64_t> numbers;
    for (const Json& n : attributes().list(key)) numbers.push_back(n.as_integer());
    return numbers;
  }
};

// Runs the case with Grimoire's ops. A result called "y" may be given alone.
using Handler = std::function<Outputs(Case&)>;
using Handlers = std::map<std::string, Handler>;

inline Outputs y(Tensor result) { return {{"y", std::move(result)}}; }

void add_pointwise(Handlers& handlers);
void add_reductions(Handlers& handlers);
void add_losses(Handlers& handlers);
void add_norms(Handlers& handlers);
void add_attention(Handlers& handlers);
void add_convolutions(Handlers& handlers);
void add_indexing(Handlers& handlers);
void add_recurrent(Handlers& handlers);

}  // namespace grim::parity
