// Are the right answers to questions in a file read with them?
#pragma once

#include <cstdint>

namespace grim {

enum class WithAnswers : uint8_t {
  required,
  unread,  // nothing is asked of them: new questions
};

}  // namespace grim
