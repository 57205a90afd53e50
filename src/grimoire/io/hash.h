// XXH3 with 128 bits: tells whether a file is what was written. It guards against accidents, not against forgers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace grim {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void add(std::string_view bytes);
  std::string hex() const;  // 32 digits, of everything added so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hash_of(std::string_view bytes);

}  // namespace grim
