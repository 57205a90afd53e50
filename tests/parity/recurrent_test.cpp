// Golden cases of recurrent layers: PyTorch's weights (gates C, in) are ours transposed.
#include "grimoire/nn/recurrent.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

struct Layer {
  Module root;
  Rng rng{RngMode::philox, 1};
  std::unique_ptr<RecurrentStack> stack;
};

// "rnn.l0_reverse.weight_ih" of ours is "weight_ih_l0_reverse" of theirs.
std::string their_name(const std::string& ours) {
  const size_t first = ours.find('.'), last = ours.rfind('.');
  return ours.substr(last + 1) + "_" + ours.substr(first + 1, last - first - 1);
}

void load(Case& c, const std::shared_ptr<Layer>& layer) {
  for (const NamedTensor& p : layer->root.parameters()) {
    const std::string name = their_name(p.name);
    const bool matrix = p.tensor.ndim() == 2;
    const Tensor theirs = detach(c[name]);
    copy_into(p.tensor, matrix ? transpose(theirs, 0, 1) : theirs);
    c.gradient_of[name] = [layer, matrix, tensor = p.tensor] {
      return matrix ? transpose(grad(tensor), 0, 1) : grad(tensor);
    };
  }
}

Outputs recurrent_case(Case& c, Cell cell) {
  const auto layer = std::make_shared<Layer>();
  layer->stack = std::make_unique<RecurrentStack>(
      "rnn", layer->root,
      RecurrentOptions{.cell = cell,
                       .in = c["x"].dim(2),
                       .hidden = c.integer("hidden"),
                       .layers = c.integer("layers"),
                       .direction = c.flag("bidirectional") ? Direction::both : Direction::forward,
                       .dtype = Dtype::f64},
      layer->rng);
  load(c, layer);
  std::vector<RecurrentState> state;
  for (int64_t i = 0; i < c["h0"].dim(0); ++i)
    state.push_back({select(c["h0"], 0, i), cell == Cell::lstm ? select(c["c0"], 0, i) : Tensor()});
  Outputs out = y((*layer->stack)(c["x"], state));
  std::vector<Tensor> h, cells;
  for (const RecurrentState& s : state) {
    h.push_back(s.h);
    if (cell == Cell::lstm) cells.push_back(s.c);
  }
  out["h_n"] = stack(h, 0);
  if (cell == Cell::lstm) out["c_n"] = stack(cells, 0);
  return out;
}

}  // namespace

void add_recurrent(Handlers& h) {
  h["rnn"] = [](Case& c) { return recurrent_case(c, Cell::rnn); };
  h["gru"] = [](Case& c) { return recurrent_case(c, Cell::gru); };
  h["lstm"] = [](Case& c) { return recurrent_case(c, Cell::lstm); };
}

}  // namespace grim::parity
