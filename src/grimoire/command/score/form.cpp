#include "grimoire/command/score/form.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/corpus.h"

namespace grim::score {

bool ScoreForm::is_given(std::string_view name) const { return std::ranges::find(given, name) != given.end(); }

LineFile::LineFile(std::string path) : path_(std::move(path)), text_(read_file(path_)) {
  check_is_text(text_, path_);
  lines_ = lines_in(without_byte_order_mark(text_));
  for (std::string_view& line : lines_)
    if (line.ends_with('\r')) line.remove_suffix(1);
  if (std::ranges::all_of(lines_, [](std::string_view line) { return trimmed(line).empty(); }))
    throw Error(ErrorKind::input, lines_.empty() ? str("{}: the file is empty", path_) : str("{}: all of its {} lines are empty", path_, lines_.size()),
                "expected a line for each that is to be scored");
}

std::string LineFile::place(size_t line) const { return str("{}: line {}", path_, line + 1); }

void check_as_many(const LineFile& first, const LineFile& other) {
  const size_t a = first.lines().size(), b = other.lines().size();
  if (a == b) return;
  throw Error(ErrorKind::input, str("{} and {} have {} and {} lines: line {} of {} has no partner", first.path(), other.path(), a, b, std::min(a, b) + 1,
                                    a > b ? first.path() : other.path()),
              "each line is held against the same line of the other file; an empty line counts");
}

}  // namespace grim::score
