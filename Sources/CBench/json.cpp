// Frames of the market channel read by simdjson: every price and size as a whole number of 10^-6, summed, so that nothing can be left
// unread and the readers can be compared by their sum.
#include "cbench.h"

#if __has_include(<simdjson.h>)
#include <simdjson.h>
#include <string_view>
#include <time.h>

namespace {
namespace ondemand = simdjson::ondemand;

int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

int64_t micros(std::string_view text) {
  int64_t value = 0;
  int decimals = -1;
  for (char c : text) {
    if (c == '.') {
      decimals = 0;
    } else {
      value = value * 10 + (c - '0');
      if (decimals >= 0) decimals++;
    }
  }
  for (int missing = 6 - (decimals < 0 ? 0 : decimals); missing > 0; missing--) value *= 10;
  return value;
}

// Zero and one stand for an empty side.
int64_t best(std::string_view text) {
  int64_t value = text.empty() ? 0 : micros(text);
  return value == 1000000 ? 0 : value;
}

int64_t row(ondemand::object item) {
  int64_t price = 0, size = 0, bests = 0;
  for (auto field : item) {
    std::string_view key = field.unescaped_key();
    if (key == "price") price = micros(std::string_view(field.value().get_string()));
    else if (key == "size") size = micros(std::string_view(field.value().get_string()));
    else if (key == "best_bid" || key == "best_ask") bests += best(std::string_view(field.value().get_string()));
  }
  return price + size + bests;
}

int64_t event(ondemand::object item) {
  int64_t sum = 0;
  for (auto field : item) {
    std::string_view key = field.unescaped_key();
    if (key == "price_changes" || key == "bids" || key == "asks") {
      for (auto entry : field.value().get_array()) sum += row(entry.get_object());
    } else if (key == "price" || key == "size") {
      sum += micros(std::string_view(field.value().get_string()));
    } else if (key == "best_bid" || key == "best_ask") {
      sum += best(std::string_view(field.value().get_string()));
    }
  }
  return sum;
}

int64_t row(simdjson::dom::element item) {
  int64_t sum = 0;
  std::string_view text;
  if (!item["price"].get(text)) sum += micros(text);
  if (!item["size"].get(text)) sum += micros(text);
  if (!item["best_bid"].get(text)) sum += best(text);
  if (!item["best_ask"].get(text)) sum += best(text);
  return sum;
}

int64_t event(simdjson::dom::element item) {
  int64_t sum = 0;
  simdjson::dom::array list;
  for (const char *key : {"price_changes", "bids", "asks"}) {
    if (item[key].get(list)) continue;
    for (auto entry : list) sum += row(entry);
  }
  return sum + row(item);
}
}  // namespace

extern "C" int cbench_json(
    const uint8_t *text, size_t capacity, const size_t *lengths, int count, int on_demand, int64_t *sum, int64_t *taken_ns) {
  try {
    simdjson::dom::parser dom;
    ondemand::parser streaming;
    int64_t all = 0;
    size_t at = 0;
    int64_t start = now_ns();
    for (int i = 0; i < count; at += lengths[i++]) {
      const char *frame = reinterpret_cast<const char *>(text) + at;
      if (on_demand) {
        ondemand::document document = streaming.iterate(simdjson::padded_string_view(frame, lengths[i], capacity - at));
        if (*frame == '[') {
          for (auto item : document.get_array()) all += event(item.get_object());
        } else {
          all += event(document.get_object());
        }
      } else {
        // What follows a frame is the next one, or the padding.
        simdjson::dom::element document = dom.parse(frame, lengths[i], false);
        simdjson::dom::array list;
        if (document.get(list)) {
          all += event(document);
        } else {
          for (auto item : list) all += event(item);
        }
      }
    }
    *taken_ns = now_ns() - start;
    *sum = all;
    return 0;
  } catch (const std::exception &) {
    return 1;
  }
}

#else
// simdjson is for this comparison alone, so the floor is built without it where it is not installed.
extern "C" int cbench_json(
    const uint8_t *, size_t, const size_t *, int, int, int64_t *, int64_t *) {
  return CBENCH_NO_SIMDJSON;
}
#endif
