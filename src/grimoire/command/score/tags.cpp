// Named entities and other spans that tags mark: files of CoNLL's shape, a token a line with its tag in a column, an empty line between sentences.
#include <algorithm>
#include <utility>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/command/score/form.h"
#include "grimoire/metric/plain_text.h"
#include "grimoire/metric/seqeval.h"

namespace grim::score {
namespace {

using report::Figure, report::Remark, report::Table, report::number;

struct TagFile {
  std::vector<Tags> sentences;
  std::vector<size_t> lines;  // of each sentence's first token, from 0
};
// column: from 1; 0 is the last.
TagFile read_tags(const LineFile& file, int64_t column) {
  TagFile out;
  bool inside = false;
  for (size_t i = 0; i < file.lines().size(); ++i) {
    const auto cells = blank_separated(file.lines()[i]);
    if (cells.empty()) {
      inside = false;
      continue;
    }
    if (column > static_cast<int64_t>(cells.size()))
      throw Error(ErrorKind::input, str("{}: it has {} column{}, and the tag is asked for in column {}", file.place(i), cells.size(),
                                        cells.size() == 1 ? "" : "s", column));
    if (!inside) out.sentences.emplace_back(), out.lines.push_back(i);
    inside = true;
    out.sentences.back().emplace_back(column == 0 ? cells.back() : cells[static_cast<size_t>(column - 1)]);
  }
  return out;
}

void check_alike(const LineFile& said, const TagFile& a, const LineFile& right, const TagFile& b) {
  for (size_t i = 0; i < std::min(a.sentences.size(), b.sentences.size()); ++i)
    if (a.sentences[i].size() != b.sentences[i].size())
      throw Error(ErrorKind::input, str("{}: a sentence of {} tokens, and {}: one of {}", said.place(a.lines[i]), a.sentences[i].size(),
                                        right.place(b.lines[i]), b.sentences[i].size()),
                  "both files hold the same tokens; empty lines part the sentences");
  if (a.sentences.size() != b.sentences.size())
    throw Error(ErrorKind::input, str("{} has {} sentences and {} has {}", said.path(), a.sentences.size(), right.path(), b.sentences.size()),
                "both files hold the same tokens; empty lines part the sentences");
  if (a.sentences.empty()) throw Error(ErrorKind::input, str("{}: there is no token in it", said.path()));
}

class SeqevalForm final : public ScoreForm {
 public:
  Options options() override {
    return {{.name = "scheme", .help = "spans must be well formed in it; default reads any sequence, as conlleval does", .target = by_choice(&scheme_),
             .choices = {"default", "IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU"}, .basic = true},
            {.name = "hyp-column", .help = "where the tag stands in --hyp, from 1; 0 is the last column", .target = &said_column_, .low = 0, .high = 1000},
            {.name = "ref-column", .help = "and in --ref", .target = &right_column_, .low = 0, .high = 1000}};
  }

  Answer answer(const Sides& sides) override {
    const LineFile said(sides.hypothesis), right(sides.references[0]);
    const TagFile a = read_tags(said, said_column_), b = read_tags(right, right_column_);
    check_alike(said, a, right, b);
    check_tags(said, a);
    check_tags(right, b);
    const SeqevalScores s = seqeval(b.sentences, a.sentences, scheme_);
    Table table{{"spans of", "precision, %", "recall, %", "F1, %", "true", "predicted", "right"}, {}};
    Json types = Json::object();
    const auto add = [&](const SpanScores& row) {
      table.rows.push_back({row.type, number(100 * row.precision, "{:.2f}"), number(100 * row.recall, "{:.2f}"), number(100 * row.f1, "{:.2f}"),
                            static_cast<double>(row.support), static_cast<double>(row.predicted), static_cast<double>(row.right)});
    };
    const auto json = [](const SpanScores& row) {
      return Json::object({{"precision", row.precision}, {"recall", row.recall}, {"f1", row.f1}, {"support", row.support}, {"predicted", row.predicted},
                           {"right", row.right}});
    };
    for (const SpanScores& row : s.types) add(row), types.set(row.type, json(row));
    for (const SpanScores& row : {s.micro, s.macro, s.weighted}) add(row);
    const std::string signature = str("spans|scheme:{}|version:grimoire-{}", name_of(scheme_), GRIM_VERSION);
    return {{"", {Figure{"F1 of spans, %", number(100 * s.micro.f1, "{:.2f}")}, std::move(table),
                  Figure{"tags that are right, %", number(100 * s.accuracy(), "{:.2f}")}, Figure{"tokens", static_cast<double>(s.tags)}, Remark{signature}}},
            Json::object({{"f1", s.micro.f1}, {"precision", s.micro.precision}, {"recall", s.micro.recall}, {"accuracy", s.accuracy()}, {"types", types},
                          {"micro", json(s.micro)}, {"macro", json(s.macro)}, {"weighted", json(s.weighted)}, {"tokens", s.tags},
                          {"sentences", a.sentences.size()}, {"signature", signature}})};
  }

 private:
  // What the scheme does not have is said with its line.
  void check_tags(const LineFile& file, const TagFile& tags) const {
    for (size_t i = 0; i < tags.sentences.size(); ++i) try {
        spans_of(tags.sentences[i], scheme_);
      } catch (const Error& e) {
        throw Error(ErrorKind::input, str("{}, where a sentence begins: {}", file.place(tags.lines[i]), e.what()),
                    "--scheme default takes any tags; is the tag in the last column? see --hyp-column and --ref-column");
      }
  }

  TagScheme scheme_ = TagScheme::conlleval;
  int64_t said_column_ = 0, right_column_ = 0;
};

constexpr FormEntry kForms[] = {
    {"seqeval", "named entities: spans of which type and both ends are right", "tags, a token a line (CoNLL)",
     "grimoire score seqeval --hyp predicted.conll --ref right.conll\ngrimoire score seqeval --hyp predicted.conll --ref right.conll --scheme IOB2\n"
     "grimoire score seqeval --hyp both.txt --ref both.txt --ref-column 3 --hyp-column 4",
     make_form<SeqevalForm>},
};

}  // namespace

const std::span<const FormEntry> kTagForms = kForms;

}  // namespace grim::score
