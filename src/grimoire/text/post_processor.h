// The "post_processor" of a tokenizer.json: special tokens around a text or a pair, and offsets without the spaces that byte-level tokens carry.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/text/encoding.h"

namespace grim {

class PostProcessor {
 public:
  struct Source {
    std::function<std::string(int64_t id, std::string_view of)> token;  // an added token is the text that it was found as, with the spaces that it took
    std::vector<std::string_view> texts;
  };
  virtual ~PostProcessor() = default;
  virtual size_t added(bool) const { return 0; }  // special tokens, for a text or a pair
  virtual std::vector<int64_t> ids() const { return {}; }  // of these
  // One encoding a text comes in; in what comes out, all of them end to end are the result.
  virtual std::vector<Encoding> apply(std::vector<Encoding> texts, bool special_tokens, const Source& source) const = 0;
};

struct AroundToken {
  std::string token;
  int64_t id = 0;
};
// The TemplateProcessing that writes `first` before a text and `last` behind it, and a pair as [first] A [last] [first] B [last], where B's type is 1 if
// there is a `first`; null where there is neither.
Json around_json(const std::optional<AroundToken>& first, const std::optional<AroundToken>& last);

// null gives one that adds nothing. throws: input, a type that is not known, or a template that names tokens or sequences it does not define
std::unique_ptr<PostProcessor> make_post_processor(const Json& json);

}  // namespace grim
