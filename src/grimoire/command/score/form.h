// What `score` can compute: a form of the command each, with options of its own.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/report/report.h"

namespace grim::score {

struct Answer {
  report::Report report;
  Json result;
};

// A file of lines, without their ends.
class LineFile {
 public:
  // throws: input, no file, nothing in it but line ends, not UTF-8 (with the line)
  explicit LineFile(std::string path);
  LineFile(LineFile&&) = delete;  // lines point into it
  const std::string& path() const { return path_; }
  const std::vector<std::string_view>& lines() const { return lines_; }
  std::string place(size_t line) const;  // "hyp.txt: line 3"; line from 0

 private:
  std::string path_, text_;
  std::vector<std::string_view> lines_;
};
// throws: input, the files have other numbers of lines
void check_as_many(const LineFile& first, const LineFile& other);

// The two sides of a comparison, or more: what a system wrote, and what is right.
struct Sides {
  std::string hypothesis;               // --hyp
  std::vector<std::string> references;  // --ref, given again for several
};

class ScoreForm {
 public:
  virtual ~ScoreForm() = default;
  virtual Options options() { return {}; }
  virtual bool takes_several_references() const { return false; }
  virtual Answer answer(const Sides& sides) = 0;
  std::vector<std::string> given;  // names of the options on the command line
  bool is_given(std::string_view name) const;
};

struct FormEntry {
  const char* name;
  const char* help;
  const char* group;     // heading of --help
  const char* examples;  // a line each
  std::unique_ptr<ScoreForm> (*make)();
};
extern const std::span<const FormEntry> kTextForms, kSummaryForms, kTagForms, kAnswerForms, kLabelForms;

template <class F> std::unique_ptr<ScoreForm> make_form() { return std::make_unique<F>(); }

}  // namespace grim::score
