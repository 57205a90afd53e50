#include "patch.h"

#include <map>

using namespace grim;

namespace {
const Module* module_at(Module& model, const std::string& path) {
  const Module* found = nullptr;
  model.visit_modules([&](const std::string& name, Module& module) {
    if (name == path && !found) found = &module;
  });
  if (!found) throw Error(ErrorKind::argument, "there is no module '" + path + "'");
  return found;
}
}  // namespace

Tensor kept_residual(CausalLm& model, const std::string& block, const Tensor& tokens) {
  const NoGrad no_grad;
  Tensor kept;
  const Tap tap([&, at = module_at(model, block)](const Site& site, const Tensor& y) {
    if (&site.layer == at && site.kind == SiteKind::residual) kept = y;
    return Tensor();
  });
  Pass pass = Pass::evaluation();
  model.logits(tokens, pass);
  return kept;
}

Tensor patched_logits(CausalLm& model, const std::string& block, const Tensor& tokens, const Tensor& residual) {
  const NoGrad no_grad;
  const Tap tap([&, at = module_at(model, block)](const Site& site, const Tensor&) {
    return &site.layer == at && site.kind == SiteKind::residual ? residual : Tensor();
  });
  Pass pass = Pass::evaluation();
  return model.logits(tokens, pass);
}
