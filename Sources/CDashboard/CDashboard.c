#include "CDashboard.h"

#include <stddef.h>

static const unsigned char index_html[] = {
#embed "../Admin/Dashboard/Page/index.html"
};
static const unsigned char style_css[] = {
#embed "../Admin/Dashboard/Page/style.css"
};
static const unsigned char icon_svg[] = {
#embed "../Admin/Dashboard/Page/icon.svg"
};
static const unsigned char main_js[] = {
#embed "../Admin/Dashboard/Page/main.js"
};
static const unsigned char feed_js[] = {
#embed "../Admin/Dashboard/Page/feed.js"
};
static const unsigned char diagram_js[] = {
#embed "../Admin/Dashboard/Page/diagram.js"
};
static const unsigned char charts_js[] = {
#embed "../Admin/Dashboard/Page/charts.js"
};
static const unsigned char controls_js[] = {
#embed "../Admin/Dashboard/Page/controls.js"
};
static const unsigned char panels_js[] = {
#embed "../Admin/Dashboard/Page/panels.js"
};
static const unsigned char words_js[] = {
#embed "../Admin/Dashboard/Page/words.js"
};
static const unsigned char tools_js[] = {
#embed "../Admin/Dashboard/Page/tools.js"
};

#define SLUICE_FILE(name) {name, sizeof name}

// In the order of the cases of DashboardFile.
static const struct {
    const unsigned char *bytes;
    size_t count;
} files[] = {
    SLUICE_FILE(index_html), SLUICE_FILE(style_css),   SLUICE_FILE(icon_svg),
    SLUICE_FILE(main_js),    SLUICE_FILE(feed_js),     SLUICE_FILE(diagram_js),
    SLUICE_FILE(charts_js),  SLUICE_FILE(controls_js), SLUICE_FILE(panels_js),
    SLUICE_FILE(words_js),   SLUICE_FILE(tools_js),
};

long sluice_dashboard_size(int file) {
    if (file < 0 || (size_t)file >= sizeof files / sizeof *files) return -1;
    return (long)files[file].count;
}

int sluice_dashboard_byte(int file, long place) {
    if (place < 0 || place >= sluice_dashboard_size(file)) return -1;
    return files[file].bytes[place];
}
