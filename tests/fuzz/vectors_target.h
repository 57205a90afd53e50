// What the fuzzers and the replay of their findings share: bytes are a file of word vectors, of whatever format; what is taken must answer questions.
#pragma once

#include "grimoire/base/error.h"
#include "grimoire/vectors/vector_files.h"

namespace grim::fuzz {

// Only an Error of the kind input may come out of the reading.
inline bool accepts_vectors(std::string_view bytes) {
  try {
    const vectors::WordVectors v = vectors::parse_vectors(bytes, "fuzz");
    if (v.size() > 0) v.nearest(v.table().is_quantised() ? std::vector<float>() : std::vector<float>(v.table().row(0), v.table().row(0) + v.dim()), 3);
    if (const vectors::SubwordModel* const m = v.model()) {
      m->word_vector("fuzz\xc3\xa9");
      const std::vector<float> line = m->line_vector("a line of </s> words");
      if (static_cast<int64_t>(line.size()) != m->dim()) __builtin_trap();
      if (m->classifies())
        for (const vectors::LabelProbability& p : m->predict("a line of words", 3))
          if (p.label < 0 || p.label >= m->dictionary().labels()) __builtin_trap();
    }
    return true;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::input) __builtin_trap();
    return false;
  }
}

}  // namespace grim::fuzz
