// How the library says no: it throws grim::Error and never prints, aborts or exits. Where a setting of the caller would help, errors and notes
// name it by GRIM_SETTING (base/setting_words.h): who shows them says it in their own way (a command line as a flag, command/flag_words.h).
#pragma once

#include <stdexcept>
#include <string>

#include "grimoire/base/str.h"

namespace grim {

// What went wrong decides who can mend it, and the program's exit code.
enum class ErrorKind {
  shape,     // tensor shapes do not fit            exit 1
  dtype,     // element type not supported here     exit 1
  argument,  // an argument out of its range        exit 2
  usage,     // the command line                    exit 2
  input,     // a file that is missing or malformed exit 3
  resource,  // memory, disk, descriptors           exit 4
  numeric,   // NaN or Inf where none may be        exit 1
  state,     // called in the wrong order           exit 1
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = "")
      : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}
  ErrorKind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }  // what to do about it; may be empty

 private:
  ErrorKind kind_;
  std::string hint_;
};

[[noreturn]] void fail(ErrorKind kind, std::string_view where, std::string message, std::string hint = "");

}  // namespace grim

// GRIM_CHECK(cond, shape, "matmul", "got {}, expected {}", a, b) throws "[matmul] got ..., expected ...".
#define GRIM_CHECK(condition, kind, where, ...)                                                     \
  do {                                                                                              \
    if (!(condition)) [[unlikely]]                                                                  \
      ::grim::fail(::grim::ErrorKind::kind, where, ::grim::str(__VA_ARGS__));                       \
  } while (0)

// Our own mistakes, checked in dev and sanitizer builds only; never for user input.
#ifdef GRIM_ASSERTIONS
#define GRIM_ASSERT(condition) GRIM_CHECK(condition, state, "internal", "assertion failed: {}", #condition)
#else
#define GRIM_ASSERT(condition) ((void)0)
#endif
