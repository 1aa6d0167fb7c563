"""The pages; Streamlit runs each file from top to bottom when its page is shown."""
