// What is wrong with an input, where one look at it finds more than one thing.
#pragma once

#include <string>
#include <vector>

#include "grimoire/base/error.h"

namespace grim {

struct Fault {
  std::string problem, hint = {};
  std::string tensor = {};  // the one that it is about; empty: about another part
};

// All of them, one or more: what it says is the first.
class Faults : public Error {
 public:
  explicit Faults(std::vector<Fault> all) : Error(ErrorKind::input, all.at(0).problem, all.at(0).hint), all_(std::move(all)) {}
  const std::vector<Fault>& all() const { return all_; }

 private:
  std::vector<Fault> all_;
};

}  // namespace grim
