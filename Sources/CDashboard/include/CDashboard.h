// The files of the dashboard, inside of the binary. They are read byte by byte, once, so that Swift
// needs no pointer for them.
#ifndef SLUICE_CDASHBOARD_H
#define SLUICE_CDASHBOARD_H

// How many bytes a file has; -1 where there is no such file.
long sluice_dashboard_size(int file);

// A byte of a file; -1 beyond its end.
int sluice_dashboard_byte(int file, long place);

#endif
